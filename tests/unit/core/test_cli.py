"""How a command ends where a disk, a file system or its rights do not let it go on: one sentence, and the way out."""

import errno
import io
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lethe.core import cli
from lethe.store.arrays import write_arrays
from lethe.store.files import write_bytes
from lethe.store.tables import write_table

SCRIPTS = Path(__file__).resolve().parents[3] / "workflow/scripts"
WAYS_OUT = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EXDEV: "work in a folder of another one",
    errno.EROFS: "work in another folder",
    errno.EACCES: "ask for the right",
    errno.EPERM: "ask for the right",
    errno.ENAMETOOLONG: "a shorter name",
    errno.ELOOP: "remove the link",
    errno.EMFILE: "ulimit -n",
}


def ended(act: Callable[[], object], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command tells that ends by its own fault or another's."""

    def command() -> None:
        act()

    monkeypatch.setattr(sys, "argv", ["command"])
    with pytest.raises(SystemExit) as end:
        cli.run(command)
    assert end.value.code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(("number", "way_out"), WAYS_OUT.items())
def test_trouble_of_the_system_is_one_sentence_with_the_way_out(
    number: int, way_out: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def act() -> None:
        raise OSError(number, os.strerror(number), "results/a.parquet")

    told = ended(act, capsys, monkeypatch)
    assert told.startswith(f"error: results/a.parquet: {os.strerror(number)}; ") and way_out in told
    assert told.count("\n") == 1


def test_another_error_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def command() -> None:
        raise ConnectionResetError(errno.ECONNRESET, "reset")

    monkeypatch.setattr(sys, "argv", ["command"])
    with pytest.raises(ConnectionResetError):
        cli.run(command)


FRAME = pd.DataFrame({"value": np.random.default_rng(0).random(50_000)})
WRITERS: dict[str, Callable[[Path], None]] = {
    "bytes": lambda path: write_bytes(path, bytes(400_000)),
    "arrays": lambda path: write_arrays(path, {"a": np.zeros(50_000)}, {}),
    "table": lambda path: write_table(path, FRAME, pa.schema([("value", pa.float64())]), {}),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_that_finds_no_room_is_named_and_its_predecessor_stays(
    writer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on the size of files stands for a disk that is full; safetensors tells it in words of its own."""
    target = tmp_path / "result"
    target.write_text("old")
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        told = ended(lambda: WRITERS[writer](target), capsys, monkeypatch)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert told.startswith(f"error: {target}: File too large; make room") and told.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["result"] and target.read_text() == "old"


@pytest.mark.slow
def test_a_name_that_a_terminal_cannot_show_stops_nothing(tmp_path: Path) -> None:
    config = tmp_path / "größe.yaml"
    config.write_text("study: größe\n", encoding="utf-8")
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SCRIPTS), "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    told = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-m", "lethe", "config", str(config)],
        env=variables,
        capture_output=True,
        check=False,
    )
    assert told.returncode == 1 and b"Traceback" not in told.stderr
    assert b"study: " in told.stderr


def test_a_stream_that_is_none_of_ours_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "argv", ["command"])
    with pytest.raises(SystemExit) as end:
        cli.run(lambda: None)
    assert end.value.code == 0
