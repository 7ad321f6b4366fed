"""Gather the per-cell tables of a study: one frame a kind, every row carrying the cell it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lethe.compare.cells import CELL, in_order
from lethe.core.errors import EmptyReport, SchemaError
from lethe.store.schema import (
    BY_SIZE,
    CLASSES,
    COST,
    CURVES,
    GENERALISATION,
    LATENCY,
    PIES,
    PROBES,
    SEEDS,
    SHARES,
)
from lethe.store.tables import read_record, read_table

Frames = dict[str, pd.DataFrame]

COST_CELL = ["regime", "method", "level"]


@dataclass(frozen=True)
class Kind:
    """One kind of per-cell table.

    Attributes:
        names: what the record's cell must say; it becomes columns.
        once: names that no two rows may share, where a cell may lie in several files (one a block of seeds).
        beside: what else of the record becomes a column of text, empty where the record has none.
    """

    schema: pa.Schema
    names: tuple[str, ...] = tuple(CELL)
    once: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


KINDS = {
    "pies": Kind(PIES),
    "shares": Kind(SHARES),
    "classes": Kind(CLASSES),
    "by_size": Kind(BY_SIZE),
    "seeds": Kind(SEEDS),
    "cost": Kind(COST, tuple(COST_CELL), once=(*COST_CELL, "seed"), beside=("regime_plugin", "stop_after")),
    "latency": Kind(LATENCY, ("regime", "method"), beside=("device",)),
    "probes": Kind(PROBES, ("regime",), once=("regime", "on", "probe", "seed")),
    "curves": Kind(CURVES, ("regime",), once=("regime", "seed", "epoch", "split")),
    "generalisation": Kind(GENERALISATION, ("regime",), once=("regime", "twin", "seed")),
}


def gather(paths: Sequence[Path], kinds: Sequence[str]) -> Frames:
    """One frame for each of the wanted kinds of per-cell table; files of other kinds are skipped.

    Raises: SchemaError: a file is of no kind, names no cell, or names a cell that another file of its kind has.
    """
    found = [(kind_of(path), path) for path in paths]
    by_kind = {kind: [path for other, path in found if other == kind] for kind in kinds}
    return {kind: gather_kind(kind, files) for kind, files in by_kind.items() if files}


def kind_of(path: Path) -> str:
    """Which per-cell table a file holds: the kind whose columns it has.

    Raises: SchemaError: it has those of none.
    """
    read_record(path)
    columns = pq.read_schema(path).names
    for name, kind in KINDS.items():
        if columns == kind.schema.names:
            return name
    raise SchemaError(
        f"{path} has the columns {columns}; expected a table of {', '.join(KINDS)}: delete it and run again"
    )


def gather_kind(name: str, paths: Sequence[Path]) -> pd.DataFrame:
    """All cells' rows of one kind, cells in the order of the study, levels from mild to harsh."""
    kind = KINDS[name]
    cells = [_cell(path, kind.names) for path in paths]
    for number, cell in enumerate(cells):
        if cell in cells[:number] and not kind.once:
            raise SchemaError(f"{paths[number]}: another file already has the cell {cell}; give each file once")
    frames = [
        read_table(path, kind.schema).assign(**cell, **_beside(path, kind.beside))
        for path, cell in zip(paths, cells, strict=True)
    ]
    joined = in_order(pd.concat(frames, ignore_index=True))
    if kind.once and joined.duplicated([*kind.once]).any():
        twice = joined.loc[joined.duplicated([*kind.once]), [*kind.once]].iloc[0].to_dict()
        raise SchemaError(f"two files of '{name}' have {twice}; give the file of each block once")
    columns = list(dict.fromkeys([*(n for n in CELL if n in joined), *kind.names, *kind.schema.names, *kind.beside]))
    return joined[columns].astype({"kind": str} if name == "pies" else {})


def require(frames: Frames, kind: str) -> pd.DataFrame:
    """The frame of one kind, which must have rows.

    Raises: EmptyReport: there is none.
    """
    if kind not in frames or frames[kind].empty:
        raise EmptyReport(f"no rows of '{kind}' are given; give at least one compressed cell's {kind} table")
    return frames[kind]


def _cell(path: Path, names: Sequence[str]) -> dict[str, str]:
    record = read_record(path)
    cell = record.get("cell", {name: record[name] for name in names if name in record})  # training names it outright
    if not set(names) <= set(cell):
        raise SchemaError(f"{path}: its record names the cell {cell}, not {list(names)}; delete it and run again")
    return {name: str(cell[name]) for name in names}


def _beside(path: Path, names: Sequence[str]) -> dict[str, str]:
    values = {name: read_record(path).get(name) for name in names}
    return {name: "" if value is None else str(value) for name, value in values.items()}
