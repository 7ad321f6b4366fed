"""Gather the per-cell tables of a study: one frame a kind, every row carrying the cell it belongs to."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lethe.core.errors import EmptyReport, SchemaError
from lethe.core.schema import BY_SIZE, CLASSES, PIES, SHARES
from lethe.core.tables import read_record, read_table
from lethe.report.cells import CELL, in_order
from lethe.report.spec import Frames

KINDS: dict[str, pa.Schema] = {"pies": PIES, "shares": SHARES, "classes": CLASSES, "by_size": BY_SIZE}


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
    for kind, schema in KINDS.items():
        if columns == schema.names:
            return kind
    raise SchemaError(
        f"{path} has the columns {columns}; expected a table of {', '.join(KINDS)}: delete it and run again"
    )


def gather_kind(kind: str, paths: Sequence[Path]) -> pd.DataFrame:
    """All cells' rows of one kind, cells in the order of the study, levels from mild to harsh."""
    cells = [_cell(path) for path in paths]
    for number, cell in enumerate(cells):
        if cell in cells[:number]:
            raise SchemaError(f"{paths[number]}: another file already has the cell {cell}; give each file once")
    frames = [read_table(path, KINDS[kind]).assign(**cell) for path, cell in zip(paths, cells, strict=True)]
    joined = in_order(pd.concat(frames, ignore_index=True))
    return joined[[*CELL, *KINDS[kind].names]].astype({"kind": str} if kind == "pies" else {})


def require(frames: Frames, kind: str) -> pd.DataFrame:
    """The frame of one kind, which must have rows.

    Raises: EmptyReport: there is none.
    """
    if kind not in frames or frames[kind].empty:
        raise EmptyReport(f"no rows of '{kind}' are given; give at least one compressed cell's {kind} table")
    return frames[kind]


def _cell(path: Path) -> dict[str, str]:
    cell = read_record(path).get("cell", {})
    if not set(CELL) <= set(cell):
        raise SchemaError(f"{path}: its record names the cell {cell}, not {CELL}; delete it and run again")
    return {name: str(cell[name]) for name in CELL}
