"""The results of a study as frames, one per result: gathered from files, widened to one row per cell, joined.

Every row carries what it is of and, from the artefact's own record, what its method and its regime are.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lethe.compare.cells import CELL, ON_SPLIT, in_order
from lethe.core.errors import EmptyReport, PopulationError, SchemaError
from lethe.core.levels import DENSE
from lethe.pies.jackknife import Bounds, Jackknifed, with_ends
from lethe.pies.quantities import WITHOUT
from lethe.store.provenance import networks_record
from lethe.store.tables import read_record, read_table
from lethe.study.results import Result, known_results, result

Frames = dict[str, pd.DataFrame]

# What an artefact's record says of the networks' method, see `networks.checkpoint.Traits`.
TRAITS = ["plugin", "treatment", "level_kind", "pairing", "acts_on", "role", "control"]
# Those that the report's tables show beside the method, and those that only sort rows.
SHOWN_TRAITS, OTHER_TRAITS = TRAITS[:3], TRAITS[3:]
# What methods act on that round to few bits.
ON_BITS = "bits"
# How much of what its level counts it removed; files of an earlier version do not say it.
ACHIEVED = "achieved"
# The method of the cell that a compressed cell is compared with, in what is found of PIEs.
REFERENCE = "reference"
# What it says of their regime; an empty `stop_after` is of a training that went to its end.
REGIME_TRAITS = ["regime_plugin", "stop_after"]
# How many networks stand in each of the populations that shares are between, in the record of a file of shares.
POPULATION = "population"
_ENDS = {"estimate": "", "low": "_low", "high": "_high"}


def gather(paths: Sequence[Path], names: Sequence[str]) -> Frames:
    """One frame for each of the wanted results; files of others are skipped.

    Raises: SchemaError: a file holds no known result, or two files have rows of one key.
    """
    found = [(result_of(path), path) for path in paths]
    by_name = {name: [path for other, path in found if other == name] for name in names}
    return {name: gather_result(name, files) for name, files in by_name.items() if files}


def result_of(path: Path) -> str:
    """Which result a file holds, as its record says.

    Raises: SchemaError: it says none that is known, or it holds arrays, which no table can show.
    """
    if path.suffix == ".safetensors":
        raise SchemaError(f"{path} holds arrays, and a table shows rows; write a measure of rows that needs this one")
    name = read_record(path).get("result")
    if name not in known_results():
        raise SchemaError(f"{path} says it is of result '{name}'; known: {', '.join(known_results())}")
    return str(name)


def gather_result(name: str, paths: Sequence[Path]) -> pd.DataFrame:
    """All rows of one result, cells in the order of the study, levels from mild to harsh."""
    form = result(name)
    joined = pd.concat([_rows(path, form) for path in paths], ignore_index=True)
    joined = in_order(joined) if "regime" in joined else joined
    key = [*form.names, *form.key]
    if joined.duplicated(key).any():
        twice = joined.loc[joined.duplicated(key), key].iloc[0].to_dict()
        raise SchemaError(f"two files of '{name}' have {twice}; give each file once")
    return joined


def _rows(path: Path, form: Result) -> pd.DataFrame:
    """Rows of one file: what it is of in front; behind, numbers of its record, traits of its method and regime."""
    record, rows = read_record(path), read_table(path, form.base, [*form.base.names, *form.may_have])
    cell = record["cell"]
    if not set(form.names) <= set(cell):
        raise SchemaError(f"{path}: its record names the cell {cell}, not {list(form.names)}; delete it and run again")
    texts = {column: str for column in rows.columns if isinstance(rows[column].dtype, pd.CategoricalDtype)}
    front = {name: str(cell[name]) for name in ON_SPLIT if name in form.names}
    traits = _traits(record, form)
    recorded = {name: float(record.get(name, "nan")) for name in form.recorded.names}
    return rows.astype(texts).assign(**front, **recorded, **traits)[[*front, *rows.columns, *recorded, *traits]]


def _traits(record: dict[str, Any], form: Result) -> dict[str, str | float]:
    """What the record says of the method, for results of methods, and of the regime."""
    traits: dict[str, str | float] = (
        {name: str(record["traits"][name]) for name in TRAITS} if "method" in form.names else {}
    )
    if "regime" not in form.names:
        return traits
    of_networks = networks_record(record)
    if traits:
        traits[ACHIEVED] = float(of_networks.get(ACHIEVED, "nan"))
        traits |= {REFERENCE: str(record[REFERENCE])} if REFERENCE in record else {}
    return traits | {name: "" if of_networks.get(name) is None else str(of_networks[name]) for name in REGIME_TRAITS}


def require(frames: Frames, name: str, *, with_references: bool = False) -> pd.DataFrame:
    """The frame of one result, which must have rows.

    Args: with_references: also the rows of cells from which nothing was removed.
    Raises: EmptyReport: there is none.
    """
    rows = frames.get(name, pd.DataFrame())
    if not with_references and "role" in rows:
        rows = rows[rows["role"] != REFERENCE].reset_index(drop=True)
    if rows.empty:
        raise EmptyReport(f"no rows of '{name}' are given; give at least one compressed cell's {name} table")
    return rows


def possibly_empty(frames: Frames, name: str) -> pd.DataFrame:
    """The frame of one result that may well have no row: nothing was lost, nothing was planted.

    Raises: EmptyReport: it is not there.
    """
    if name not in frames:
        raise EmptyReport(f"no file of '{name}' is given; give at least one")
    return frames[name]


def with_traits(table: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """The table with SHOWN_TRAITS after the columns that name its cells, and with OTHER_TRAITS at its end.

    Args: results: rows of any result of the same cells.
    Raises: EmptyReport: a cell of the table is not among them.
    """
    traits = results[[*CELL, *TRAITS]].drop_duplicates(CELL)
    bare = table[[name for name in table if name not in TRAITS]]
    joined = bare.merge(traits, on=CELL, how="left", validate="many_to_one")
    require_all(joined, "plugin", "result")
    names = [name for name in ON_SPLIT if name in table]
    return joined[[*names, *SHOWN_TRAITS, *(name for name in bare if name not in names), *OTHER_TRAITS]]


def with_achieved(table: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """The table with ACHIEVED after the traits that it shows: the share that is gone of what the level counts."""
    achieved = results.reindex(columns=[*CELL, ACHIEVED]).drop_duplicates(CELL)
    joined = table.merge(achieved, on=CELL, how="left", validate="many_to_one")
    position = list(table).index(SHOWN_TRAITS[-1]) + 1
    return joined[[*list(table)[:position], ACHIEVED, *list(table)[position:]]]


def require_all(joined: pd.DataFrame, column: str, what: str) -> None:
    """Refuse rows that found no partner in another frame.

    Raises: EmptyReport: names the first of them.
    """
    lost = joined.loc[joined[column].isna(), [name for name in ON_SPLIT if name in joined]]
    if len(lost):
        raise EmptyReport(f"no {what} is given for the cell {lost.iloc[0].to_dict()}; give the {what} of every cell")


def estimates(shares: pd.DataFrame, *, plain: Sequence[str] = (), intervals: Sequence[str] = ()) -> pd.DataFrame:
    """One row per cell and split, one column per quantity or end of an interval.

    Args:
        shares: one row per (cell, split, quantity), see `store.schema.SHARES`.
        plain: quantities of which only the estimate is wanted.
        intervals: quantities that also give columns `{quantity}_low` and `{quantity}_high`.
    Returns: the columns of ON_SPLIT, then the quantities in the order asked; NaN where a cell lacks one.
    """
    cell = shares.groupby(ON_SPLIT, sort=False, dropna=False, observed=True).ngroup()
    wide = shares.assign(cell=cell).pivot(index="cell", columns="quantity", values=list(_ENDS))
    wide.columns = wide.columns.map(lambda key: f"{key[1]}{_ENDS[key[0]]}")  # (end, quantity)
    wanted = [*with_ends(*intervals), *plain]
    return shares[ON_SPLIT].drop_duplicates(ignore_index=True).join(wide.reindex(columns=wanted))


def with_population(table: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """The table with `population`: how many networks the populations of each cell have; NaN in older files."""
    known = shares.reindex(columns=[*ON_SPLIT, POPULATION]).drop_duplicates(ON_SPLIT)
    return table.merge(known, on=ON_SPLIT, how="left", validate="one_to_one")


def common_population(shares: pd.DataFrame) -> float:
    """How many networks the populations of all cells have; NaN in older files.

    Raises: PopulationError: cells differ in it, so that their shifts are different quantities.
    """
    found = sorted(shares.reindex(columns=[POPULATION])[POPULATION].dropna().unique())
    if len(found) > 1:
        sizes = ", ".join(f"{size:.0f}" for size in found)
        raise PopulationError(f"cells with populations of {sizes} networks cannot be compared; give cells of one size")
    return float(found[0]) if found else float("nan")


def over_seeds(name: str, values: pd.Series, bounds: Bounds) -> dict[str, float]:
    """Mean over seeds with its 95 % t interval, as columns `name`, `name_low`, `name_high`; NaN without a seed."""
    return Jackknifed.mean_of(values.to_numpy(float)).interval(bounds).columns(name)


def with_wholes(seeds: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """The rows of the seeds with what the shares say of the whole cell: the quantities of WITHOUT.

    Raises: EmptyReport: a cell has no shares.
    """
    whole = estimates(shares, plain=WITHOUT).assign(has_shares=True)
    joined = seeds.merge(whole, on=ON_SPLIT, how="left", validate="many_to_one")
    require_all(joined, "has_shares", "shares")
    return joined.drop(columns="has_shares")


def reference_rows(rows: pd.DataFrame, every: pd.DataFrame) -> pd.DataFrame:
    """The rows of the cell from which nothing was removed; none where dense networks are the reference.

    Args:
        rows: of one regime, method and split, with the column REFERENCE.
        every: rows of all cells, among them the references.
    """
    first = rows.iloc[0]
    same = [every[name] == first[name] for name in ("regime", "split") if name in every]
    return every[np.logical_and.reduce([*same, every["method"] == first[REFERENCE]])]


def jackknifed(cell: pd.DataFrame, quantity: str) -> Jackknifed:
    """A quantity of WITHOUT with all seeds of one cell and without each.

    Args: cell: one row per seed, as `with_wholes` makes them.
    """
    return Jackknifed(np.array([cell[quantity].iloc[0], *cell[f"{quantity}_without"]], dtype=float))


def removed_parameters(cost: pd.DataFrame) -> pd.DataFrame:
    """One row per (cell, seed): `removed_parameters`, the share of the dense network's that is gone or was set to zero.

    removed = 1 - non-zero parameters / parameters of the dense network of that seed. Weights that rounding to few bits
    made zero are stored in their bits like all others: of such methods parameters count, zero or not.

    Raises: EmptyReport: a seed has no dense network among the rows.
    """
    dense = cost.loc[cost["method"] == DENSE, ["regime", "seed", "parameters"]]
    dense = dense.rename(columns={"parameters": "dense_parameters"})
    joined = cost.merge(dense, on=["regime", "seed"], how="left", validate="many_to_one")
    if joined["dense_parameters"].isna().any():
        raise EmptyReport("no cost of the dense networks of every seed is given; give the cost files of the dense cell")
    left = joined["nonzero_parameters"].where(joined["acts_on"] != ON_BITS, joined["parameters"])
    removed = 1 - left / joined["dense_parameters"]
    return joined[[*CELL, "seed"]].assign(removed_parameters=removed)


def mean_removed(cost: pd.DataFrame) -> pd.DataFrame:
    """One row per cell: `removed_parameters`, mean over seeds."""
    removed = removed_parameters(cost)
    return removed.groupby(CELL, sort=False)["removed_parameters"].mean().reset_index()
