"""A file is whole or absent, and has one writer at a time."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from lethe.store.files import atomic, is_being_written, write_text, writing


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
