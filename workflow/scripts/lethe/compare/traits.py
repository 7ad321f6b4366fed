"""What the cost files know of a cell beside its cost: its plug-in, what its level counts, what was done to it after."""

import pandas as pd

from lethe.compare.frames import COST_CELL
from lethe.core import registry
from lethe.core.errors import EmptyReport
from lethe.core.levels import DENSE

TRAITS = ["plugin", "treatment", "level_kind"]
INDEPENDENT, PAIRED = "independent", "paired"


def with_traits(table: pd.DataFrame, cost: pd.DataFrame) -> pd.DataFrame:
    """The table with the columns of TRAITS after those that name its cells.

    Raises: EmptyReport: a cell of the table has no cost.
    """
    traits = cost[[*COST_CELL, *TRAITS]].drop_duplicates(COST_CELL)
    joined = table.merge(traits, on=COST_CELL, how="left", validate="many_to_one")
    require_all(joined, "plugin")
    names = [name for name in (*COST_CELL, "split") if name in table]
    return joined[[*names, *TRAITS, *(name for name in table if name not in names)]]


def regime_traits(cost: pd.DataFrame) -> pd.DataFrame:
    """One row a regime: `regime`, `regime_plugin`, `is_stopped`: it was stopped before its training ended.

    A file that names no plug-in is of a regime that is called like its plug-in.
    """
    found = cost[["regime", "regime_plugin", "stop_after"]].drop_duplicates("regime")
    plugin = found["regime_plugin"].where(found["regime_plugin"] != "", found["regime"])
    return found[["regime"]].assign(regime_plugin=plugin, is_stopped=found["stop_after"] != "").reset_index(drop=True)


def level_kinds(cost: pd.DataFrame) -> dict[str, str]:
    """What the levels of each method count."""
    return dict(cost[["method", "level_kind"]].drop_duplicates().itertuples(index=False))


def require_all(joined: pd.DataFrame, column: str) -> None:
    """Refuse rows that found no partner in the cost frame.

    Raises: EmptyReport: names the first of them.
    """
    lost = joined.loc[joined[column].isna(), COST_CELL]
    if len(lost):
        raise EmptyReport(f"no cost is given for the cell {lost.iloc[0].to_dict()}; give the cost files of every block")


def pairing(plugin: str) -> str:
    """How a method's networks belong to the dense ones: seed by seed, or by independent training runs."""
    if plugin == DENSE:
        return PAIRED
    return PAIRED if registry.literal(registry.METHODS, plugin, "pairing") == "post_hoc" else INDEPENDENT


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
