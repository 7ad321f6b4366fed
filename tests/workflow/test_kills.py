"""`kill -9` at any moment: the next `make run` ends with the same bytes as a run that nothing disturbed."""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support.faults import artefacts, kill, of_kind, processes, run_study, side_files, start_study, wait_until
from support.signals import TARGETS, disturb
from support.workspace import environment

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kills", [6, pytest.param(13, marks=pytest.mark.long)])
def test_a_study_killed_again_and_again_ends_with_the_same_bytes(undisturbed: Path, study: Path, kills: int) -> None:
    hits = disturb(study, kills, random.Random(2))
    assert len(hits) >= kills - 3
    assert {hit.target for hit in hits} <= set(TARGETS) and len({hit.target for hit in hits}) >= 4
    assert sum("train.py" in hit.running for hit in hits) >= 2
    wait_until(lambda: processes(study) == [], "the end of servers and orphans, all by themselves,")
    attempts = [run_study(study)]
    assert attempts[-1].returncode == 0, attempts[-1].stdout
    expected, found = artefacts(undisturbed), artefacts(study)
    assert sorted(found) == sorted(expected)
    assert [path for path in expected if found[path] != expected[path]] == []
    assert side_files(study) == []


def epoch_lines(log: Path) -> int:
    return log.read_text(errors="replace").count("epoch ") if log.exists() else 0


def test_the_successor_of_an_orphaned_job_writes_nothing_while_it_lives(undisturbed: Path, study: Path) -> None:
    start_study(study)
    wait_until(lambda: len(of_kind(study, "job", "train.py")) == 2, "training")
    log = study / "results/smoke/logs/train/supervised/seeds0-1.log"
    wait_until(lambda: epoch_lines(log) > 0, "an epoch")
    orphans = of_kind(study, "job", "train.py")
    for orphan in orphans:
        orphan.process.send_signal(signal.SIGSTOP)  # it lives on and holds its lock for as long as the test looks
    assert kill(of_kind(study, "snakemake")[0].process)
    wait_until(lambda: not of_kind(study, "wrapper"), "the end of the run")
    successor = start_study(study)
    waiting = "another process is still writing"
    # Snakemake removes the log of the orphan before the successor writes its own.
    wait_until(lambda: log.exists() and waiting in log.read_text(errors="replace"), "the successor's start")
    before = artefacts_with_side_files(study)
    time.sleep(2)
    assert successor.poll() is None
    assert epoch_lines(log) == 0
    assert artefacts_with_side_files(study) == before
    for orphan in orphans:
        orphan.process.send_signal(signal.SIGCONT)
    kept = "kept: results/smoke/checkpoints"  # the successor does not train again what the orphan has made
    logs = [log, log.with_name("seeds2-3.log")]
    wait_until(lambda: all(kept in each.read_text(errors="replace") for each in logs), "the orphans' end")
    trained = {
        path: content for path, content in artefacts(undisturbed).items() if "checkpoints/supervised/dense" in path
    }
    assert len(trained) == 2 and trained.items() <= artefacts(study).items()
    assert successor.poll() is None


def artefacts_with_side_files(folder: Path) -> dict[str, int]:
    files = (path for path in (folder / "results").rglob("*") if path.is_file() and "logs" not in path.parts)
    return {path.as_posix(): path.stat().st_mtime_ns for path in files if path.suffix != ".lock"}


@pytest.mark.long
def test_of_two_writers_the_second_goes_on_where_the_first_is_killed(undisturbed: Path, study: Path) -> None:
    (study / "data").symlink_to(undisturbed / "results/smoke/data")
    command = [
        "python", "workflow/scripts/train.py", "results/block.safetensors", "results/trajectories.safetensors",
        "--data", "data", "--regime", "supervised", "--seeds", "0-1", "--model", '{"name": "resnet", "options": '
        '{"blocks": [1, 1], "width": 4}}', "--options", '{"epochs": 100, "batch_size": 16, "learning_rate": 0.1}',
    ]  # fmt: skip
    first = subprocess.Popen(command, cwd=study, env=environment(), stderr=subprocess.DEVNULL)
    wait_until((study / "results/.block.safetensors.seed0.resume").exists, "the first seed's end")
    first.send_signal(signal.SIGSTOP)  # alive, with its lock, until the second has come to it
    second = subprocess.Popen(command, cwd=study, env=environment(), stderr=subprocess.PIPE, text=True)
    assert second.stderr is not None
    assert second.stderr.readline() == "waiting: another process is still writing results/block.safetensors\n"
    first.kill()
    first.wait()
    _, told = second.communicate(timeout=120)
    assert second.returncode == 0, told
    assert "seed 0  epoch 1/" not in told  # taken from the side file
    assert "seed 1  epoch 100/100" in told
    assert side_files(study) == []
