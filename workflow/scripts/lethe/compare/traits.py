"""What the records of results say of a cell's method and regime, and how many parameters it removes."""

import pandas as pd

from lethe.compare.frames import COST_CELL, REGIME_TRAITS, TRAITS
from lethe.core.errors import EmptyReport
from lethe.core.levels import DENSE

INDEPENDENT, PAIRED = "independent", "paired"
# Roles: what is compared, and what it is compared with.
METHOD, RANDOM_CONTROL, CAPACITY_CONTROL = "method", "random control", "capacity control"
# Traits that the report's tables show beside the method.
SHOWN = ["plugin", "treatment", "level_kind"]


def with_traits(table: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """The table with the columns of SHOWN after those that name its cells, and with those of TRAITS at its end.

    Args: results: rows of any result of the same cells.
    Raises: EmptyReport: a cell of the table is not among them.
    """
    traits = results[[*COST_CELL, *TRAITS]].drop_duplicates(COST_CELL)
    bare = table[[name for name in table if name not in TRAITS]]
    joined = bare.merge(traits, on=COST_CELL, how="left", validate="many_to_one")
    require_all(joined, "plugin")
    names = [name for name in (*COST_CELL, "split") if name in table]
    hidden = [name for name in TRAITS if name not in SHOWN]
    return joined[[*names, *SHOWN, *(name for name in bare if name not in names), *hidden]]


def regime_traits(results: pd.DataFrame) -> pd.DataFrame:
    """One row per regime: `regime`, `regime_plugin`, `is_stopped`: it was stopped before its training ended."""
    found = results[["regime", *REGIME_TRAITS]].drop_duplicates("regime")
    return found[["regime", "regime_plugin"]].assign(is_stopped=found["stop_after"] != "").reset_index(drop=True)


def is_control(rows: pd.DataFrame) -> pd.Series:
    """Whether a row's method is there to be compared with."""
    return rows["role"].isin([RANDOM_CONTROL, CAPACITY_CONTROL])


def require_all(joined: pd.DataFrame, column: str) -> None:
    """Refuse rows that found no partner in the cost frame.

    Raises: EmptyReport: names the first of them.
    """
    lost = joined.loc[joined[column].isna(), COST_CELL]
    if len(lost):
        raise EmptyReport(f"no cost is given for the cell {lost.iloc[0].to_dict()}; give the cost files of every block")


def removed_parameters(cost: pd.DataFrame) -> pd.DataFrame:
    """One row a (cell, seed): `removed_parameters`, the share of the dense network's parameters that is gone or zero.

    removed = 1 - non-zero parameters / parameters of the dense network of that seed.

    Raises: EmptyReport: a seed has no dense network among the rows.
    """
    dense = cost.loc[cost["method"] == DENSE, ["regime", "seed", "parameters"]]
    joined = cost.merge(
        dense.rename(columns={"parameters": "dense_parameters"}),
        on=["regime", "seed"],
        how="left",
        validate="many_to_one",
    )
    if joined["dense_parameters"].isna().any():
        raise EmptyReport("no cost of the dense networks of every seed is given; give the cost files of the dense cell")
    removed = 1 - joined["nonzero_parameters"] / joined["dense_parameters"]
    return joined[[*COST_CELL, "seed"]].assign(removed_parameters=removed)


def mean_removed(cost: pd.DataFrame) -> pd.DataFrame:
    """One row a cell: `removed_parameters`, mean over seeds."""
    removed = removed_parameters(cost)
    return removed.groupby(COST_CELL, sort=False)["removed_parameters"].mean().reset_index()
