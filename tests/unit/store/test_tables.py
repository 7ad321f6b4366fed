"""Tables are checked against their schema on write and on read, and equal rows give equal bytes."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lethe.core.errors import SchemaError
from lethe.store.schema import SHARES, VERSION
from lethe.store.tables import read_record, read_table, write_table

ROWS = pd.DataFrame({"quantity": ["pie_share"], **{name: [0.1] for name in SHARES.names[1:]}})


def test_rows_and_record_come_back(tmp_path: Path) -> None:
    path = tmp_path / "shares.parquet"
    write_table(path, ROWS, SHARES, {"cell": {"level": "0.90"}})
    pd.testing.assert_frame_equal(read_table(path, SHARES), ROWS, check_dtype=False)
    assert read_table(path, SHARES, ["low"]).columns.tolist() == ["low"]
    assert read_record(path) == {"cell": {"level": "0.90"}, "schema_version": VERSION}


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    write_table(tmp_path / "a", ROWS, SHARES, {"x": 1, "y": 2})
    write_table(tmp_path / "b", ROWS[ROWS.columns[::-1]], SHARES, {"y": 2, "x": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_wrong_columns_are_named_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "shares.parquet"
    with pytest.raises(SchemaError, match="low"):
        write_table(path, ROWS.drop(columns="low"), SHARES, {})
    with pytest.raises(SchemaError, match="estimate"):
        write_table(path, ROWS.assign(estimate="much"), SHARES, {})
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_a_table_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "shares.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(SchemaError, match=r"shares.parquet.*delete it and run again"):
        read_table(path, SHARES)


@pytest.mark.parametrize("metadata", [{}, {"lethe": json.dumps({"schema_version": 99})}])
def test_another_schema_version_is_refused(tmp_path: Path, metadata: dict[str, str]) -> None:
    path = tmp_path / "old.parquet"
    table = pa.Table.from_pandas(ROWS, preserve_index=False).replace_schema_metadata(metadata)
    pq.write_table(table, path)
    with pytest.raises(SchemaError, match=r"schema version 99|no file of this project"):
        read_table(path, SHARES)


def test_another_type_is_refused_on_reading(tmp_path: Path) -> None:
    path = tmp_path / "changed.parquet"
    fields = [field if field.name != "low" else pa.field("low", pa.int64()) for field in SHARES]
    wrong = pa.Table.from_pandas(ROWS.assign(low=1), schema=pa.schema(fields), preserve_index=False)
    pq.write_table(wrong.replace_schema_metadata({"lethe": json.dumps({"schema_version": 1})}), path)
    with pytest.raises(SchemaError, match="column 'low' is int64, the schema says double"):
        read_table(path, SHARES)
