"""A table of the report: built from results, written with every digit and for people, and read back.

Equal values give equal bytes; each file is whole or absent. `report.words` puts a table into words.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa

from lethe.compare.frames import ACHIEVED, Frames, gather
from lethe.core import registry
from lethe.core.errors import SchemaError
from lethe.pies.quantities import QUANTITIES
from lethe.report.examples import read_class_names
from lethe.report.latex import latex
from lethe.report.spec import TableSpec
from lethe.report.words import is_number, readable, shared, unit_of
from lethe.store.files import write_text
from lethe.store.provenance import made_by
from lethe.store.records import BESIDE, digests_of
from lethe.store.schema import name_column, units_of
from lethe.store.tables import read_arrow, read_record, write_table
from lethe.study.results import result

# What readers of csv take for a missing value, in small letters; a class may be called so.
_MISSING_ELSEWHERE = frozenset(
    {"na", "n/a", "nan", "-nan", "<na>", "#n/a", "#na", "none", "null", "nil", "nat", "1.#qnan", "-1.#ind"}
)


def make_table(
    name: str,
    cells: Sequence[Path],
    *,
    csv: Path,
    parquet: Path,
    tex: Path,
    examples: Sequence[Path] = (),
    code_version: str = "",
) -> None:
    """Build one table of the report from per-cell tables of any result, in the order of the study.

    Args: examples: the splits' tables of examples, for the names of classes.
    """
    spec: TableSpec = registry.load(registry.TABLES, name)
    table = with_class_names(spec.build(gather(cells, spec.reads)), table_units(name), read_class_names(examples))
    save_table(spec, table, csv=csv, parquet=parquet, tex=tex, code_version=code_version)


def with_class_names(table: pd.DataFrame, units: Mapping[str, str], names: Mapping[int, str]) -> pd.DataFrame:
    """A table with the name of the class beside each of its labels, in columns that `schema.name_column` names."""
    columns: dict[str, pd.Series] = {}
    for name in map(str, table):
        columns[name] = table[name]
        if names and units.get(name) == "class":
            columns[name_column(name)] = table[name].map(names).astype(object).fillna("").astype(str)
    return pd.DataFrame(columns, index=table.index)


def save_table(
    spec: TableSpec, table: pd.DataFrame, *, csv: Path, parquet: Path, tex: Path, code_version: str = ""
) -> None:
    """Write one table three times: csv and parquet with every digit, LaTeX rounded for people."""
    write_text(csv, _csv(table))
    units = table_units(spec.name)
    plain = pa.Schema.from_pandas(table, preserve_index=False).remove_metadata()
    columns = pa.schema(
        column.with_metadata({"unit": unit_of(column.name, units)}) if is_number(table[column.name]) else column
        for column in plain
    )
    write_text(tex, latex(spec, readable(spec, table, units), shared(spec, table)))
    write_table(parquet, table, columns, {"table": spec.name, BESIDE: digests_of(csv, tex), **made_by(code_version)})


def _csv(table: pd.DataFrame) -> str:
    """A table as text in which every name survives.

    Pandas leaves a carriage return bare, which ends a line; and a reader may take a bare `nan` for a missing value.
    """
    texts = [table[name].dropna().astype(str) for name in table if not is_number(table[name])]
    is_unclear = any(
        (values.str.contains("\r", regex=False) | values.str.lower().isin(_MISSING_ELSEWHERE)).any() for values in texts
    )
    quoting: Literal[0, 2] = 2 if is_unclear else 0  # all texts, or those that need it
    return str(table.to_csv(index=False, lineterminator="\n", quoting=quoting))


def table_units(name: str) -> dict[str, str]:
    """Units of a table's columns: those of the results that it reads, and those that its SPEC states."""
    known = {**QUANTITIES, ACHIEVED: "share"}
    for read in registry.literal(registry.TABLES, name, "reads"):
        known |= units_of(result(read).base) | units_of(result(read).recorded)
    return known | dict(registry.literal(registry.TABLES, name, "units", default={}))


def read_tables(paths: Sequence[Path]) -> Frames:
    """The report's tables by name, as `save_table` wrote them.

    Raises: SchemaError: a file is no table of the report.
    """
    return {_table_name(path): _frame(read_arrow(path)) for path in paths}


def read_units(paths: Sequence[Path]) -> dict[str, dict[str, str]]:
    """Units of the columns of the report's tables, by table, as the files say them."""
    return {_table_name(path): units_of(read_arrow(path).schema) for path in paths}


def _frame(table: pa.Table) -> pd.DataFrame:
    """As pandas; integers with missing values stay integers, where pandas alone would make them floats."""
    gaps = [f.name for f in table.schema if pa.types.is_integer(f.type) and table[f.name].null_count]
    whole = table.select(gaps).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return table.to_pandas().assign(**{name: whole[name] for name in gaps})


def _table_name(path: Path) -> str:
    """Which table of the report a file holds."""
    record = read_record(path)
    if "table" not in record:
        raise SchemaError(f"{path} is not a table of the report; give the parquet files that make_table.py wrote")
    return str(record["table"])
