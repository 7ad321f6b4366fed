"""Estimates of a cell's quantities, side by side: one row a cell, one column a quantity or an interval's end."""

import numpy as np
import pandas as pd

from lethe.compare.cells import CELL
from lethe.pies.jackknife import Bounds, interval, mean_variants

_ENDS = {"estimate": "", "low": "_low", "high": "_high"}


def estimates(shares: pd.DataFrame, *, plain: tuple[str, ...] = (), intervals: tuple[str, ...] = ()) -> pd.DataFrame:
    """One row a cell.

    Args:
        shares: one row a (cell, quantity), see core.schema.SHARES.
        plain: quantities of which only the estimate is wanted.
        intervals: quantities that also give columns `{quantity}_low` and `{quantity}_high`.
    Returns: the columns of CELL, then the quantities in the order asked; NaN where a cell lacks one.
    """
    cell = shares.groupby(CELL, sort=False, dropna=False, observed=True).ngroup()
    wide = shares.assign(cell=cell).pivot(index="cell", columns="quantity", values=list(_ENDS))
    wide.columns = wide.columns.map(lambda key: f"{key[1]}{_ENDS[key[0]]}")  # (end, quantity)
    wanted = [f"{quantity}{end}" for quantity in intervals for end in _ENDS.values()] + list(plain)
    return shares[CELL].drop_duplicates(ignore_index=True).join(wide.reindex(columns=wanted))


def over_seeds(name: str, values: pd.Series, bounds: Bounds) -> dict[str, float]:
    """Mean over seeds with its 95 % t interval, as columns `name`, `name_low`, `name_high`; NaN without a seed."""
    variants = mean_variants(values.to_numpy(float)) if len(values) else np.full(1, np.nan)
    found = interval(variants, bounds=bounds)
    return {name: found.estimate, f"{name}_low": found.low, f"{name}_high": found.high}
