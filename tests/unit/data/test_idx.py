"""IDX files: what is written is read, and every damage is refused with the file's name."""

import gzip
import hashlib

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.core.errors import DataError
from lethe.data import idx
from lethe.data.idx import check_md5, read_idx
from unit.data.published import idx_bytes

arrays = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=5))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("idx")


@given(array=arrays, packed=st.booleans())
def test_round_trip(folder, array, packed):
    path = folder / ("images.gz" if packed else "images")
    path.write_bytes(gzip.compress(idx_bytes(array), 1) if packed else idx_bytes(array))
    np.testing.assert_array_equal(read_idx(path, 3), array)


@given(array=arrays, data=st.data())
def test_any_truncation_and_any_surplus_is_refused(folder, array, data):
    content = idx_bytes(array)
    path = folder / "damaged"
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(DataError, match="damaged"):
        read_idx(path, 3)
    path.write_bytes(content + b"\0")
    with pytest.raises(DataError, match="damaged"):
        read_idx(path, 3)


@given(array=arrays, position=st.integers(0, 15), change=st.integers(1, 255))
def test_any_changed_byte_of_the_header_is_refused(folder, array, position, change):
    content = bytearray(idx_bytes(array))
    content[position] ^= change
    path = folder / "changed"
    path.write_bytes(content)
    with pytest.raises(DataError, match="changed"):
        read_idx(path, 3)


def test_labels_where_images_are_expected(folder):
    path = folder / "labels"
    path.write_bytes(idx_bytes(np.zeros(100, np.uint8)))
    with pytest.raises(DataError, match="expected IDX 00000803"):
        read_idx(path, 3)


def test_sha256_is_that_of_the_decompressed_content(folder):
    content = idx_bytes(np.arange(8, dtype=np.uint8))
    sha256 = hashlib.sha256(content).hexdigest()
    for level in (1, 9):
        path = folder / f"level{level}.gz"
        path.write_bytes(gzip.compress(content, level))
        assert len(read_idx(path, 1, sha256=sha256)) == 8
    path.write_bytes(gzip.compress(idx_bytes(np.ones(8, np.uint8))))
    with pytest.raises(DataError, match="differs from the published"):
        read_idx(path, 1, sha256=sha256)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_file_that_unpacks_to_more_than_is_allowed_is_refused_unread(folder, ending, monkeypatch):
    monkeypatch.setattr(idx, "_MOST_BYTES", 50_000)
    content = idx_bytes(np.zeros(10_000_000, np.uint8))
    path = folder / f"large{ending}"
    path.write_bytes(gzip.compress(content) if ending else content)
    with pytest.raises(DataError, match=r"large.* holds more than the 50,000 bytes that are allowed; delete"):
        read_idx(path, 1)
    monkeypatch.setattr(idx, "_MOST_BYTES", len(content))
    assert len(read_idx(path, 1)) == 10_000_000


def test_md5(folder):
    path = folder / "some"
    path.write_bytes(b"bytes")
    check_md5(path, hashlib.md5(b"bytes").hexdigest())
    with pytest.raises(DataError, match=r"some: has md5 .* delete or reinstall"):
        check_md5(path, hashlib.md5(b"other").hexdigest())
    with pytest.raises(DataError, match="cannot be read"):
        check_md5(folder / "absent", "")


def test_missing_file_and_folder_in_its_place(folder):
    for path in (folder / "absent", folder):
        with pytest.raises(DataError, match="cannot be read"):
            read_idx(path, 1)
