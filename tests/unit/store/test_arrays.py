"""Arrays with a record: equal values give equal bytes, a file is whole or absent, what is none of ours is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from lethe.core.errors import SchemaError
from lethe.store.arrays import read_arrays, read_header, write_arrays
from lethe.store.schema import VERSION

ARRAYS = {"mask": np.array([[True, False]]), "effect": np.arange(6, dtype=np.float32).reshape(2, 3)}


def test_arrays_and_record_come_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "effects.safetensors"
    write_arrays(path, ARRAYS, {"cell": {"level": "0.90"}})
    found = read_arrays(path)
    assert sorted(found) == ["effect", "mask"]
    for name, values in ARRAYS.items():
        assert found[name].dtype == values.dtype and np.array_equal(found[name], values)
    assert read_header(path) == {"cell": {"level": "0.90"}, "schema_version": VERSION}
    assert [file.name for file in path.parent.iterdir()] == ["effects.safetensors"]


def test_equal_values_give_equal_bytes_whatever_their_order_in_memory(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a", ARRAYS, {"x": 1, "y": 2})
    turned = {"effect": np.asfortranarray(ARRAYS["effect"]), "mask": ARRAYS["mask"]}
    write_arrays(tmp_path / "b", turned, {"y": 2, "x": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert np.array_equal(read_arrays(tmp_path / "b")["effect"], ARRAYS["effect"])


def test_a_failed_writer_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "effects"
    write_arrays(path, ARRAYS, {})
    before = path.read_bytes()
    with pytest.raises(Exception, match=r".+"):
        write_arrays(path, {"effect": np.array(["text"], dtype=object)}, {})
    assert path.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["effects"]


def test_what_is_not_readable_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "effects"
    path.write_bytes(b"half of the n")
    for read in (read_arrays, read_header):
        with pytest.raises(SchemaError, match=r"effects is damaged, or no file of this project.*run again"):
            read(path)
    with pytest.raises(SchemaError, match=r"nothing cannot be read .*delete it and run again"):
        read_arrays(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({}, "no file of this project: .*delete it and run again"),
        ({"lethe": json.dumps({"schema_version": 99})}, "schema version 99 and no checksum of its content; delete it"),
        ({"lethe": "{}"}, "no file of this project"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, header: dict[str, str], message: str) -> None:
    path = tmp_path / "effects"
    save_file(ARRAYS, path, header)
    for read in (read_arrays, read_header):
        with pytest.raises(SchemaError, match=message):
            read(path)
