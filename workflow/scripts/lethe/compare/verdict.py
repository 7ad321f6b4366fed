"""What an interval allows one to say, in the same words everywhere, and which levels stand out by it.

The excess is the cross-half PIE share minus its null: what seed noise alone would give is taken off.
"""

import math

import pandas as pd

from lethe.compare.cells import ON_SPLIT
from lethe.compare.frames import estimates
from lethe.compare.level import harshness

ABOVE = "above seed noise"
BELOW = "below seed noise"
UNCLEAR = "not distinguishable from seed noise"
UNMEASURED = "not measured"
SIGNIFICANT = 0.05
ONE_POINT = 0.01
_ROUNDING = 1e-9


def verdict(low: float, high: float) -> str:
    """Words for one 95 % interval of the excess share; it excludes 0 or it does not."""
    if math.isnan(low) or math.isnan(high):
        return UNMEASURED
    if low > 0:
        return ABOVE
    return BELOW if high < 0 else UNCLEAR


def verdicts(shares: pd.DataFrame) -> pd.DataFrame:
    """One row per cell and split: ON_SPLIT and `verdict`."""
    table = estimates(shares, intervals=("excess_share",))
    ends = zip(table["excess_share_low"], table["excess_share_high"], strict=True)
    return table[ON_SPLIT].assign(verdict=pd.Series([verdict(low, high) for low, high in ends], dtype=object))


def telling_level(rows: pd.DataFrame) -> str | None:
    """The mildest level whose PIEs are above seed noise, None where there is none.

    Args: rows: verdicts of one regime, method and split, with `level_kind`.
    """
    above = rows[rows["verdict"] == ABOVE]
    return None if above.empty else mildest_level(above)


def knee_level(accuracy: pd.DataFrame) -> str | None:
    """The harshest level up to which, from the mildest on, accuracy stays within one point of dense.

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


def mildest_level(rows: pd.DataFrame) -> str:
    """The level that takes least away."""
    return str(rows["level"].iloc[int(harshness(rows).argmin())])
