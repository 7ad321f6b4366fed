"""A sealed file is read only if every byte is the one that was written; that is known before a library opens it."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.core.errors import DamagedFile, LetheError, SchemaError, UnsealedFile
from lethe.store.arrays import read_arrays, write_arrays
from lethe.store.records import BESIDE, check_beside, digests_of, manifest_beside, read_sealed, write_sealed
from lethe.store.schema import SHARES
from lethe.store.seal import read_sealed as sealed
from lethe.store.tables import read_record, read_table, write_table

ROWS = pd.DataFrame({"quantity": ["pie_share"], **{name: [0.1] for name in SHARES.names[1:]}})
HOSTILE = {"class_names": ['{"sha256_of_file": "' + "0" * 64 + '"}', "naïve\r\n", "schema_version"]}
KINDS: dict[str, tuple[Callable[[Path], None], Callable[[Path], object]]] = {
    "rows.parquet": (
        lambda path: write_table(path, ROWS, SHARES, HOSTILE),
        lambda path: (read_table(path, SHARES).to_dict(), read_record(path)),
    ),
    "arrays.safetensors": (
        lambda path: write_arrays(path, {"mask": np.arange(5)}, HOSTILE),
        lambda path: {name: values.tolist() for name, values in read_arrays(path).items()},
    ),
    "groups.json": (lambda path: write_sealed(path, HOSTILE), read_sealed),
}
over_kinds = pytest.mark.parametrize("kind", KINDS)


@over_kinds
def test_the_digest_is_that_of_the_file_with_zeros_in_its_place(kind: str, tmp_path: Path) -> None:
    path = tmp_path / kind
    KINDS[kind][0](path)
    content = path.read_bytes()
    stated = sealed(path).sha256
    assert content.count(stated.encode()) == 1
    assert hashlib.sha256(content.replace(stated.encode(), b"0" * 64)).hexdigest() == stated
    assert json.loads(sealed(path).record)["class_names"] == HOSTILE["class_names"]


@over_kinds
def test_any_bit_that_flips_is_found(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("flips") / kind
    KINDS[kind][0](path)
    whole, expected = path.read_bytes(), KINDS[kind][1](path)
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        content = bytearray(whole)
        content[place] ^= 1 << place % 8
        path.write_bytes(bytes(content))
        with pytest.raises(SchemaError, match=r"damaged|no file of this project|schema version"):
            KINDS[kind][1](path)
    path.write_bytes(whole)
    assert KINDS[kind][1](path) == expected


@over_kinds
@given(data=st.data())
def test_what_is_cut_extended_or_shuffled_is_refused(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cuts") / kind
    KINDS[kind][0](path)
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start, len(whole)))
    changed = data.draw(
        st.sampled_from(
            [whole[:start], whole[:start] + whole[end:], whole + whole[start:end], whole[end:] + whole[:end]]
        )
    )
    path.write_bytes(changed)
    if changed == whole:
        return
    with pytest.raises(LetheError):
        KINDS[kind][1](path)


def test_a_damaged_file_never_reaches_the_library_that_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.parquet"
    write_table(path, ROWS, SHARES, {})
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(bytes(content))
    monkeypatch.setattr("pyarrow.parquet.ParquetFile", lambda *given, **more: pytest.fail("pyarrow saw a damaged file"))
    with pytest.raises(DamagedFile, match=r"rows\.parquet is damaged: .*delete it and run again"):
        read_table(path, SHARES)


def test_a_change_is_seen_although_the_file_was_verified_before(tmp_path: Path) -> None:
    path = tmp_path / "groups.json"
    write_sealed(path, {"a": 1})
    assert read_sealed(path)["a"] == 1
    path.write_text(path.read_text().replace('"a": 1', '"a": 2'))
    with pytest.raises(DamagedFile):
        read_sealed(path)


def test_pages_of_a_table_have_checksums_of_their_own(tmp_path: Path) -> None:
    """So that other programs, which know nothing of the seal, can find damage too."""
    path = tmp_path / "rows.parquet"
    values = np.random.default_rng(0).random(5000)
    write_table(path, pd.DataFrame(dict.fromkeys(ROWS, values)).assign(quantity="pie_share"), SHARES, {})
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(OSError, match=r"(?i)crc|corrupt"):
        pq.ParquetFile(path, page_checksum_verification=True).read()


def test_a_file_of_the_version_without_checksums_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text('{"schema_version": 1, "groups": []}')
    with pytest.raises(UnsealedFile, match="schema version 1 and no checksum") as caught:
        sealed(path)
    assert caught.value.version == 1


def test_an_empty_file_and_one_that_is_not_there_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.json").touch()
    with pytest.raises(SchemaError, match=r"empty\.json is empty; delete it and run again"):
        read_sealed(tmp_path / "empty.json")
    with pytest.raises(SchemaError, match=r"gone\.json cannot be read \(No such file"):
        read_sealed(tmp_path / "gone.json")


def test_a_manifest_stands_for_the_files_beside_it(tmp_path: Path) -> None:
    figure = tmp_path / "a.png"
    figure.write_bytes(b"pixels")
    write_sealed(manifest_beside(figure), {BESIDE: digests_of(figure)})
    check_beside(figure)
    figure.write_bytes(b"pixelz")
    with pytest.raises(DamagedFile, match=re.escape(f"{figure} is not what was written")):
        check_beside(figure)
    figure.unlink()
    with pytest.raises(DamagedFile):
        check_beside(figure)
