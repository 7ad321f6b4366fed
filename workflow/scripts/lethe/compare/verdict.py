"""What an excess share's interval allows one to say, in the same words everywhere.

The excess is the cross-half PIE share minus its null: what seed noise alone would give is taken off.
"""

import math

import pandas as pd

from lethe.compare.cells import CELL, severity
from lethe.compare.estimates import estimates

ABOVE = "above seed noise"
BELOW = "below seed noise"
UNCLEAR = "not distinguishable from seed noise"
UNMEASURED = "not measured"


def verdict(low: float, high: float) -> str:
    """Words for one 95 % interval of the excess share; it excludes 0 or it does not."""
    if math.isnan(low) or math.isnan(high):
        return UNMEASURED
    if low > 0:
        return ABOVE
    return BELOW if high < 0 else UNCLEAR


def verdicts(shares: pd.DataFrame) -> pd.DataFrame:
    """One row a cell: CELL and `verdict`."""
    table = estimates(shares, intervals=("excess_share",))
    ends = zip(table["excess_share_low"], table["excess_share_high"], strict=True)
    return table[CELL].assign(verdict=pd.Series([verdict(low, high) for low, high in ends], dtype=object))


def telling_level(rows: pd.DataFrame) -> str | None:
    """The mildest level whose PIEs are above seed noise, None where there is none.

    Args: rows: verdicts of one regime, method and split.
    """
    levels = rows.loc[rows["verdict"] == ABOVE, "level"]
    return min(levels, key=severity) if len(levels) else None
