"""Notes come back as they were written, or not at all."""

import json
import os
import shutil
from pathlib import Path

import pytest

from lethe.store.notes import read_note, write_note

CONTENT = {"b": [1, None, 2.5], "a": {"ü": "\ud800", "sha256_of_file": "0" * 64}}


def test_a_note_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_note(tmp_path / "a/note.json", CONTENT)
    assert read_note(tmp_path / "a/note.json") == CONTENT
    write_note(tmp_path / "a/note.json", {})
    assert read_note(tmp_path / "a/note.json") == {}


def test_every_bit_counts(tmp_path: Path) -> None:
    note = tmp_path / "note.json"
    write_note(note, {"sha256": "f00d"})
    whole = note.read_bytes()
    for at in range(len(whole)):
        for bit in range(8):
            note.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            assert read_note(note) is None, (at, bit)
    note.write_bytes(whole)
    assert read_note(note) == {"sha256": "f00d"}


def test_a_note_in_the_place_of_another_is_none_and_a_moved_folder_keeps_its_own(tmp_path: Path) -> None:
    for folder in ("inputs", "origins"):
        write_note(tmp_path / folder / "smoke.json", {"of": folder})
    shutil.copytree(tmp_path / "inputs", tmp_path / "elsewhere/inputs")
    assert read_note(tmp_path / "elsewhere/inputs/smoke.json") == {"of": "inputs"}
    shutil.copy(tmp_path / "inputs/smoke.json", tmp_path / "origins/smoke.json")
    shutil.copy(tmp_path / "inputs/smoke.json", tmp_path / "inputs/other.json")
    assert read_note(tmp_path / "origins/smoke.json") is None
    assert read_note(tmp_path / "inputs/other.json") is None


@pytest.mark.parametrize(
    "content", ["", "null", "[]", json.dumps({"sha256": "f00d"}), '{"sha256_of_file": "', "\udcff"]
)
def test_what_is_no_note_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "note.json").write_text(content, errors="surrogateescape")
    assert read_note(tmp_path / "note.json") is None
    assert read_note(tmp_path / "missing.json") is None
    assert read_note(tmp_path) is None


def test_a_note_that_another_process_writes_at_this_moment_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file, real = tmp_path / "known.json", os.open

    def taken(path: Path, *given: int) -> int:
        file.with_name(f".{file.name}.part").write_text("the other's")
        return real(path, *given)

    monkeypatch.setattr("lethe.store.files.os.open", taken)
    write_note(file, {"found": 1})
    assert read_note(file) is None
    monkeypatch.undo()
    write_note(file, {"found": 1})
    assert read_note(file) == {"found": 1}
