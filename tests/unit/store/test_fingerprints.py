"""Files are those that were read if their names and contents are; only a file that was touched is read again."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lethe.store import fingerprints as module
from lethe.store.fingerprints import Fingerprints, fingerprints, read_index, visible_files, write_index

LONG_AGO = 10**18  # nanoseconds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files, one of them below another folder."""
    root = tmp_path / "root"
    for name in ("a.png", "b.png", "class/c.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def look(folder: Path, known: Fingerprints | None = None) -> Fingerprints:
    return fingerprints(visible_files(folder), below=folder, known=known)


@pytest.fixture
def trusted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Fingerprints:
    """A look at files that nobody writes any more."""
    monkeypatch.setattr(module, "_FRESH_NANOSECONDS", -LONG_AGO)
    return look(folder)


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files whose content is read."""
    read: list[str] = []
    sha256 = module._sha256

    def noted(path: bytes) -> bytes:
        read.append(Path(os.fsdecode(path)).name)
        return sha256(path)

    monkeypatch.setattr(module, "_sha256", noted)
    return read


def other_content(folder: Path) -> None:
    (folder / "b.png").write_bytes(b"something longer")


def same_size(folder: Path) -> None:
    (folder / "b.png").write_bytes(b"B.png")


def same_size_and_time(folder: Path) -> None:
    before = (folder / "b.png").stat()
    (folder / "b.png").write_bytes(b"B.png")
    os.utime(folder / "b.png", ns=(before.st_atime_ns, before.st_mtime_ns))


def added(folder: Path) -> None:
    (folder / "class/d.png").write_bytes(b"d")


def removed(folder: Path) -> None:
    (folder / "a.png").unlink()


def renamed(folder: Path) -> None:
    (folder / "a.png").rename(folder / "aa.png")


def moved_to_another_class(folder: Path) -> None:
    (folder / "a.png").rename(folder / "class/a.png")


def swapped(folder: Path) -> None:
    (folder / "a.png").rename(folder / "x")
    (folder / "b.png").rename(folder / "a.png")
    (folder / "x").rename(folder / "b.png")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (other_content, "1 changed, 0 added, 0 removed: 'b.png'"),
        (same_size, "1 changed, 0 added, 0 removed: 'b.png'"),
        (same_size_and_time, "1 changed, 0 added, 0 removed: 'b.png'"),
        (added, "0 changed, 1 added, 0 removed: 'class/d.png'"),
        (removed, "0 changed, 0 added, 1 removed: 'a.png'"),
        (renamed, "0 changed, 1 added, 1 removed: 'aa.png', 'a.png'"),
        (moved_to_another_class, "0 changed, 1 added, 1 removed: 'class/a.png', 'a.png'"),
        (swapped, "2 changed, 0 added, 0 removed: 'a.png', 'b.png'"),
    ],
)
def test_a_change_is_seen_and_told(
    folder: Path, trusted: Fingerprints, change: Callable[[Path], None], told: str
) -> None:
    change(folder)
    now = look(folder, trusted)
    assert now.sha256 != trusted.sha256
    assert now.differences(trusted) == told


def touched(folder: Path) -> None:
    os.utime(folder / "b.png", ns=(LONG_AGO, LONG_AGO))


def written_again(folder: Path) -> None:
    (folder / "b.png").write_bytes(b"b.png")


def copied_back(folder: Path) -> None:
    shutil.copy(folder / "b.png", folder / "copy")
    (folder / "b.png").unlink()
    (folder / "copy").rename(folder / "b.png")


@pytest.mark.parametrize("change", [touched, written_again, copied_back])
def test_the_same_content_is_the_same_and_only_that_file_is_read(
    folder: Path, trusted: Fingerprints, read_files: list[str], change: Callable[[Path], None]
) -> None:
    change(folder)
    assert look(folder, trusted).sha256 == trusted.sha256
    assert read_files == ["b.png"]


def test_what_was_not_touched_is_not_read(folder: Path, trusted: Fingerprints, read_files: list[str]) -> None:
    assert look(folder, trusted) is trusted
    assert read_files == []


def test_a_file_written_in_the_moment_of_the_look_is_not_trusted(folder: Path, read_files: list[str]) -> None:
    """It may change again in the same tick of the clock; after a while it is."""
    first = look(folder)
    read_files.clear()
    assert look(folder, first).sha256 == first.sha256
    assert sorted(read_files) == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize("name", [".hidden.png", ".DS_Store", "class/.cache/x.png", ".git/config"])
def test_hidden_files_do_not_count(folder: Path, trusted: Fingerprints, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x")
    assert look(folder, trusted) is trusted


def test_a_folder_that_moves_is_the_same(folder: Path, trusted: Fingerprints, tmp_path: Path) -> None:
    moved = folder.rename(tmp_path / "elsewhere")
    assert look(moved).sha256 == trusted.sha256


@pytest.mark.parametrize("name", ["grün {study}.png", "line\nend.png", "$(x) 'q' \".png", "\udcff.png"])
def test_any_name_is_remembered(folder: Path, name: str, tmp_path: Path) -> None:
    (folder / name).write_bytes(b"x")
    seen = look(folder)
    write_index(tmp_path / "index", seen)
    again = read_index(tmp_path / "index")
    assert again is not None
    assert (again.names, again.digests, again.sha256) == (seen.names, seen.digests, seen.sha256)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet"])
def test_a_damaged_index_is_no_index(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "index").write_bytes(content)
    assert read_index(tmp_path / "index") is None


def test_links_in_a_circle_end(folder: Path) -> None:
    (folder / "class/round").symlink_to(folder)
    assert {file.name for file in visible_files(folder)} == {"a.png", "b.png", "c.png"}
