"""One run in a folder at a time: a dead owner's lock is cleared, a live owner's is not, looking is always allowed."""

import json
import socket
import subprocess
from pathlib import Path

import pytest

from support.faults import CONFIG, hold_training, kill, of_kind, processes, run_study, start, start_study, wait_until
from support.workspace import copy_workspace, lethe, snakemake

pytestmark = pytest.mark.slow


def locks(folder: Path) -> list[Path]:
    return sorted((folder / ".snakemake/locks").glob("*"))


def start_snakemake(folder: Path) -> subprocess.Popen[bytes]:
    """As a user would who does not know `make run`."""
    return start(folder, "-m", "snakemake", "--configfile", CONFIG, "--cores", "2")


def wait_for_training(folder: Path) -> None:
    wait_until(lambda: len(of_kind(folder, "job", "train.py")) == 2 and bool(locks(folder)), "training")
    hold_training(folder)


def assert_refused(folder: Path, *parts: str) -> None:
    result = run_study(folder)
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stdout
    assert [line for line in result.stdout.splitlines() if line.strip()] == [result.stdout.strip()]  # one line
    for part in parts:
        assert part in result.stdout


def lock_as(folder: Path, host: str) -> None:
    """What a live run on another host leaves on a shared file system."""
    (folder / ".snakemake/locks").mkdir(parents=True, exist_ok=True)
    (folder / ".snakemake/locks/0.input.lock").write_text("results/smoke/report.html\n")
    (folder / ".snakemake/lethe").mkdir(parents=True, exist_ok=True)
    (folder / ".snakemake/lethe/run.lock").write_text(json.dumps({"host": host, "process": 7}))


def test_a_live_run_is_left_alone_and_may_be_looked_at(long_study: Path) -> None:
    run = start_study(long_study)
    wait_for_training(long_study)
    main = of_kind(long_study, "snakemake")[0].process
    assert_refused(long_study, f"another run is alive here (process {main.pid} on host {socket.gethostname()})", "wait")
    for look in (
        snakemake(long_study, "-n", "--configfile", CONFIG),
        lethe(long_study, "plan", "--config", CONFIG),
        lethe(long_study, "status", "--config", CONFIG),
    ):
        assert look.returncode == 0, look.stdout
    assert run.poll() is None and locks(long_study)

    # With the wrapper dead, the run is Snakemake's own, and it is still alive.
    assert kill(of_kind(long_study, "wrapper")[0].process)
    run.wait()
    assert_refused(long_study, f"another run is alive here (process {main.pid} ", "stop it first")
    assert main.is_running() and len(of_kind(long_study, "job", "train.py")) == 2


@pytest.mark.long
def test_a_snakemake_started_by_hand_is_left_alone_while_it_lives_and_cleared_when_dead(long_study: Path) -> None:
    by_hand = start_snakemake(long_study)
    wait_for_training(long_study)
    assert_refused(long_study, f"Snakemake is running here (process {by_hand.pid})", "stop it first")
    by_hand.kill()
    by_hand.wait()
    assert locks(long_study)
    bare = snakemake(long_study, "--configfile", CONFIG, "--cores", "1")
    assert "cannot be locked" in bare.stdout  # what a user without `make run` sees
    again = start_study(long_study)
    wait_until(lambda: "its lock; cleared" in (long_study / "out.txt").read_text(), "clearing")
    wait_until(lambda: len(of_kind(long_study, "snakemake")) == 1 and bool(locks(long_study)), "a new lock")
    assert again.poll() is None


@pytest.mark.long
def test_a_dead_run_leaves_a_lock_that_the_next_one_clears(undisturbed: Path, tmp_path: Path) -> None:
    folder = copy_workspace(undisturbed, tmp_path / "lethe")
    lock_as(folder, socket.gethostname())
    result = run_study(folder)
    assert result.returncode == 0, result.stdout
    assert "An earlier run died and left its lock; cleared." in result.stdout
    assert "The report: results/smoke/report.html" in result.stdout
    assert locks(folder) == []
    wait_until(lambda: processes(folder) == [], "the end of the server, by itself,")


@pytest.mark.long
def test_a_lock_from_another_host_is_refused_with_the_way_out(study: Path) -> None:
    lock_as(study, "node17")
    assert_refused(study, "locked by a run on host node17", "snakemake --unlock")
    assert locks(study) and not (study / "results").exists()
    assert snakemake(study, "--unlock", "--configfile", CONFIG).returncode == 0
    assert locks(study) == []
