"""Gather the results of a study: one frame per kind, every row carrying what it is of and what its method is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lethe.compare.cells import CELL, in_order
from lethe.core.errors import EmptyReport, SchemaError
from lethe.store.provenance import networks_record
from lethe.store.tables import read_record, read_table
from lethe.study.results import Result, known_results, result

Frames = dict[str, pd.DataFrame]

COST_CELL = ["regime", "method", "level"]
# What an artefact's record says of the networks' method, see `compress.record`.
TRAITS = ["plugin", "treatment", "level_kind", "pairing", "acts_on", "role", "control"]
# What it says of their regime; an empty `stop_after` is of a training that went to its end.
REGIME_TRAITS = ["regime_plugin", "stop_after"]


def gather(paths: Sequence[Path], kinds: Sequence[str]) -> Frames:
    """One frame for each of the wanted kinds of result; files of other kinds are skipped.

    Raises: SchemaError: a file is of no kind, or two files have rows of one key.
    """
    found = [(kind_of(path), path) for path in paths]
    by_kind = {kind: [path for other, path in found if other == kind] for kind in kinds}
    return {kind: gather_kind(kind, files) for kind, files in by_kind.items() if files}


def kind_of(path: Path) -> str:
    """Which result a file holds, as its record says.

    Raises: SchemaError: it says none that is known.
    """
    name = read_record(path).get("result")
    if name not in known_results():
        raise SchemaError(f"{path} says it is of result '{name}'; known: {', '.join(known_results())}")
    return str(name)


def gather_kind(name: str, paths: Sequence[Path]) -> pd.DataFrame:
    """All rows of one kind, cells in the order of the study, levels from mild to harsh."""
    kind = result(name)
    joined = pd.concat([_rows(path, kind) for path in paths], ignore_index=True)
    joined = in_order(joined) if "regime" in joined else joined
    key = [*kind.names, *kind.key]
    if joined.duplicated(key).any():
        twice = joined.loc[joined.duplicated(key), key].iloc[0].to_dict()
        raise SchemaError(f"two files of '{name}' have {twice}; give each file once")
    return joined


def require(frames: Frames, kind: str) -> pd.DataFrame:
    """The frame of one kind, which must have rows.

    Raises: EmptyReport: there is none.
    """
    if kind not in frames or frames[kind].empty:
        raise EmptyReport(f"no rows of '{kind}' are given; give at least one compressed cell's {kind} table")
    return frames[kind]


def _rows(path: Path, kind: Result) -> pd.DataFrame:
    """Rows of one file, what it is of in front, traits of its method and regime behind."""
    record, rows = read_record(path), read_table(path, kind.base, kind.base.names)
    cell = record["cell"]
    if not set(kind.names) <= set(cell):
        raise SchemaError(f"{path}: its record names the cell {cell}, not {list(kind.names)}; delete it and run again")
    texts = {column: str for column in rows.columns if isinstance(rows[column].dtype, pd.CategoricalDtype)}
    front = {name: str(cell[name]) for name in CELL if name in kind.names}
    return rows.astype(texts).assign(**front, **_traits(record, kind))[[*front, *rows.columns, *_traits(record, kind)]]


def _traits(record: dict[str, Any], kind: Result) -> dict[str, str]:
    """What the record says of the method, for results of methods, and of the regime."""
    traits = {name: str(record["traits"][name]) for name in TRAITS} if "method" in kind.names else {}
    if "regime" not in kind.names:
        return traits
    of_networks = networks_record(record)
    return traits | {name: "" if of_networks.get(name) is None else str(of_networks[name]) for name in REGIME_TRAITS}
