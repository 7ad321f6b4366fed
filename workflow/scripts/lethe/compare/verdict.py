"""What tests and intervals allow one to say, in the same words everywhere, and which levels stand out by it.

Whether anything changed is what the swap test says, against dense networks that were treated alike; what kind of change
it is say the intervals of shift (the label distribution moved) and spread (networks agree less among themselves),
against the same networks.
"""

import math

import pandas as pd

from lethe.compare.cells import ON_SPLIT
from lethe.compare.frames import estimates, require_all
from lethe.compare.level import harshness
from lethe.compare.traits import REFERENCE

MOVED, SCATTERED, CHANGED = "changed: moved", "changed: scattered", "changed, kind not shown"
UNCLEAR = "no change shown"
UNMEASURED = "not measured"
# The reference of others, from which nothing was removed.
IS_REFERENCE = "reference"
SHOWN_TO_CHANGE = (MOVED, SCATTERED, CHANGED)
# The quantities that say of which kind a change is.
SHIFT, SPREAD = "shift_from_reference", "spread_from_reference"
SIGNIFICANT = 0.05
ONE_POINT = 0.01
_ROUNDING = 1e-9


def verdict(p: float, shift_low: float, spread_low: float) -> str:
    """Words for a swap test and the low ends of the 95 % intervals of shift and spread; NaN where there is none.

    "Scattered" does not say that labels did not move: spread is shown, and a shift beside it is not.
    """
    if math.isnan(p):
        return UNMEASURED
    if p > SIGNIFICANT:
        return UNCLEAR
    if shift_low > 0:
        return MOVED
    return SCATTERED if spread_low > 0 else CHANGED


def verdicts(shares: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """One row per cell and split: ON_SPLIT and `verdict`.

    Raises: EmptyReport: a cell has no tests.
    """
    table = estimates(shares, intervals=(SHIFT, SPREAD))
    known = tests[[*ON_SPLIT, "p_swap", "role"]]
    table = table.merge(known, on=ON_SPLIT, how="left", validate="one_to_one")
    require_all(table, "role", "tests")
    columns = (table[name] for name in ("p_swap", f"{SHIFT}_low", f"{SPREAD}_low", "role"))
    words = [
        IS_REFERENCE if role == REFERENCE else verdict(p, shift, spread)
        for p, shift, spread, role in zip(*columns, strict=True)
    ]
    return table[ON_SPLIT].assign(verdict=pd.Series(words, dtype=object))


def telling_level(rows: pd.DataFrame) -> str | None:
    """The mildest level that is shown to change predictions, None where there is none.

    Args: rows: verdicts of one regime, method and split, with `level_kind`.
    """
    changed = rows[rows["verdict"].isin(SHOWN_TO_CHANGE)]
    return None if changed.empty else mildest_level(changed)


def knee_level(accuracy: pd.DataFrame) -> str | None:
    """The harshest level up to which, from the mildest on, accuracy stays within one point of the reference.

    Args: accuracy: `level`, `level_kind` and `accuracy_change` of one regime, method and split.
    Returns: None where already the mildest level loses more, or has no measured accuracy.
    """
    reached = None
    in_order = accuracy.iloc[harshness(accuracy).argsort(kind="stable")]
    for level, change in zip(in_order["level"], in_order["accuracy_change"], strict=True):
        if not change >= -ONE_POINT - _ROUNDING:  # NaN is not within a point
            break
        reached = str(level)
    return reached


def harshest_level(rows: pd.DataFrame) -> str:
    """The level that takes most away."""
    return str(rows["level"].iloc[int(harshness(rows).argmax())])


def mildest_level(rows: pd.DataFrame) -> str:
    """The level that takes least away."""
    return str(rows["level"].iloc[int(harshness(rows).argmin())])
