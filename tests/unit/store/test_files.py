"""A file is whole or absent, and has one writer at a time."""

import errno
import fcntl
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lethe.store.files import atomic, is_being_written, lasting, lock_path, write_text, writing


def test_a_failed_writer_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    write_text(target, "old")
    with pytest.raises(RuntimeError), atomic(target) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_what_a_killed_writer_left_is_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    with atomic(target) as temporary:
        temporary.write_text("first")
    left = temporary
    left.write_text("a longer text than the new one")
    write_text(target, "new")
    assert target.read_text() == "new"
    assert not left.exists()


def _hold(path: Path, ready: Path) -> None:
    with writing(path):
        ready.touch()
        time.sleep(60)


def test_the_lock_of_a_killed_writer_is_free(tmp_path: Path) -> None:
    target, ready = tmp_path / "a" / "checkpoint", tmp_path / "ready"
    process = multiprocessing.get_context("spawn").Process(target=_hold, args=(target, ready))
    process.start()
    while not ready.exists():
        time.sleep(0.01)
    assert is_being_written(target)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not is_being_written(target)
    with writing(target):
        pass


def test_nobody_writes_what_was_never_written(tmp_path: Path) -> None:
    assert not is_being_written(tmp_path / "nothing")


def as_link(place: Path, victim: Path) -> None:
    place.symlink_to(victim)


def as_dangling_link(place: Path, victim: Path) -> None:
    place.symlink_to(victim.with_name("nowhere"))


def as_hard_link(place: Path, victim: Path) -> None:
    place.hardlink_to(victim)


def as_pipe(place: Path, victim: Path) -> None:
    os.mkfifo(place)


@pytest.mark.parametrize("stands", [as_link, as_dangling_link, as_hard_link, as_pipe])
def test_a_temporary_name_that_is_somebodys_link_is_removed_and_not_written_to(
    tmp_path: Path, stands: Callable[[Path, Path], None]
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    target = tmp_path / "table.csv"
    stands(tmp_path / ".table.csv.part", victim)
    write_text(target, "new")
    assert target.read_text() == "new" and target.is_file() and not target.is_symlink()
    assert victim.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.csv", "victim"]


def test_a_result_that_is_a_link_is_replaced_and_not_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "table.csv").symlink_to("victim")
    write_text(tmp_path / "table.csv", "new")
    assert (tmp_path / "victim").read_text() == "precious" and (tmp_path / "table.csv").read_text() == "new"


@pytest.mark.parametrize(
    ("told", "number"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), errno.ENOSPC),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), errno.EDQUOT),
        (RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"), errno.ENOSPC),
    ],
)
def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path: Path, told: Exception, number: int) -> None:
    target = tmp_path / "checkpoint"
    write_text(target, "old")
    with pytest.raises(OSError, match="checkpoint") as caught, atomic(target):
        raise told
    assert caught.value.errno == number and caught.value.filename == str(target)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"] and target.read_text() == "old"


NO_LOCKS = [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP]


@pytest.mark.parametrize("number", NO_LOCKS)
def test_without_locks_a_writer_says_so_and_goes_on(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    target = tmp_path / "checkpoint"
    with writing(target) as waited:
        write_text(target, "new")
        assert not is_being_written(target)
    assert not waited and target.read_text() == "new"
    assert capsys.readouterr().err == f"no locks on this file system: nothing keeps a second writer from {target}\n"


def test_a_lock_lies_in_the_working_folders_own_place_and_else_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("results/trial/a/x.parquet")
    assert lock_path(path) == tmp_path / "results/trial/a/.x.parquet.lock"
    Path(".lethe").mkdir()
    place = tmp_path / ".lethe/locks/results/trial/a/x.parquet.lock"
    assert (
        lock_path(path) == lock_path(path.absolute()) == lock_path(Path("data/../results/trial/a/x.parquet")) == place
    )
    with writing(path):
        assert is_being_written(path) and place.exists()
    assert [file.name for file in Path("results").rglob("*")] == []
    assert lock_path(tmp_path.parent / "shared/file") == tmp_path.parent / "shared/.file.lock"


def test_a_link_in_place_of_a_lock_is_an_error_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / ".checkpoint.lock").symlink_to("victim")
    with pytest.raises(OSError) as caught, writing(tmp_path / "checkpoint"):
        pass
    assert caught.value.errno == errno.ELOOP
    assert (tmp_path / "victim").read_text() == "precious"


@pytest.mark.parametrize(
    ("name", "kept"), [(".a.parquet.part", "a.parquet"), ("a.part", "a.part"), (".a.resume", ".a.resume")]
)
def test_a_temporary_file_is_known_by_the_name_that_it_will_take(tmp_path: Path, name: str, kept: str) -> None:
    assert lasting(tmp_path / name) == tmp_path / kept
    with atomic(tmp_path / "b.csv") as temporary:
        assert lasting(temporary) == tmp_path / "b.csv"
        temporary.touch()
