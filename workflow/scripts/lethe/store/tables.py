"""Tables as parquet: written whole or not at all, the same bytes for the same rows, checked against their schema."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lethe.core.errors import SchemaError
from lethe.store.files import atomic
from lethe.store.records import open_sealed, read_text, record_text
from lethe.store.seal import RECORD_KEY, seal


def write_table(path: Path, table: pa.Table | pd.DataFrame, schema: pa.Schema, record: dict[str, Any]) -> None:
    """Write rows of a schema with a record of where they come from; columns carry their units.

    Args: record: JSON values: cell, seeds, code version, package versions; no path, host or time.
    Raises: SchemaError: a column is missing, unknown or of another type.
    """
    if isinstance(table, pd.DataFrame):
        table = _from_frame(table, schema, path)
    _check(table.schema, schema, path)
    rows = table.select(schema.names).cast(schema).replace_schema_metadata(None)
    # Rows are read whole: the least and the largest value of a column would help nobody.
    with atomic(path) as temporary:
        with pq.ParquetWriter(temporary, rows.schema, write_statistics=False, write_page_checksum=True) as writer:
            writer.write_table(rows)
            # The schema's metadata would be written twice.
            writer.add_key_value_metadata({RECORD_KEY: record_text(record, path)})
        seal(temporary)


def read_table(path: Path, schema: pa.Schema, columns: list[str] | None = None) -> pd.DataFrame:
    """Read the rows of a table that must have this schema; `columns` picks some of them.

    Raises: SchemaError: damaged, no table of this project, another version, or other columns.
    """
    table = read_arrow(path, columns)
    wanted = pa.schema([field for field in schema if columns is None or field.name in columns])
    _check(table.schema, wanted, path)
    return table.to_pandas()


def read_arrow(path: Path, columns: list[str] | None = None) -> pa.Table:
    """The rows of any table of this project, with the units of its columns.

    Raises: SchemaError: damaged, no table of this project, or another version.
    """
    return _open(path).read(columns)


def read_record(path: Path, *, is_input: bool = True) -> dict[str, Any]:
    """The record written beside the rows.

    Args: is_input: as for `open_sealed`.
    Raises: SchemaError: damaged, no table of this project, or one of another schema version.
    """
    return _record(_open(path, is_input=is_input), path)


def _open(path: Path, *, is_input: bool = True) -> pq.ParquetFile:
    """A table of this project and schema version, its rows not read yet."""
    open_sealed(path, is_input=is_input)
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise SchemaError(f"{path} is not a readable parquet file ({error}); delete it and run again") from error
    _record(file, path)
    return file


def _record(file: pq.ParquetFile, path: Path) -> dict[str, Any]:
    """The record in a table's metadata, refused where it is of another schema version."""
    metadata = file.metadata.metadata or {}
    return read_text(metadata.get(RECORD_KEY.encode(), b"{}").decode(), path)


def _from_frame(frame: pd.DataFrame, schema: pa.Schema, path: Path) -> pa.Table:
    """A frame's columns of the schema, in its order and types; one that is missing or does not fit is refused."""
    missing = [name for name in schema.names if name not in frame.columns]
    if missing:
        raise SchemaError(f"{path}: columns {missing} are missing; the schema names {schema.names}")
    try:
        return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SchemaError(f"{path}: a column does not fit its type: {error}") from error


def _check(given: pa.Schema, wanted: pa.Schema, path: Path) -> None:
    """Refuse a table that lacks a wanted column or has it in another type."""
    for field in wanted:
        if field.name not in given.names:
            raise SchemaError(f"{path}: column '{field.name}' is missing; the table has {given.names}")
        if not given.field(field.name).type.equals(field.type):
            actual = given.field(field.name).type
            raise SchemaError(f"{path}: column '{field.name}' is {actual}, the schema says {field.type}")
