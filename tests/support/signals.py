"""Signals to the processes of a running study at random moments, repeatable as far as processes are."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from support.faults import kill, of_kind, run_study, start_study

TARGETS = ("job", "client", "server", "snakemake", "wrapper", "group")
LAST_STARTED_JOB = 40  # of the 47 jobs of the study
_PATIENCE = 2.0


@dataclass(frozen=True)
class Hit:
    """A signal that met a living process: what was aimed at, and which entry scripts were running."""

    target: str
    running: tuple[str, ...]
    number: signal.Signals = signal.SIGKILL


def moments(kills: int, generator: random.Random) -> list[tuple[int, str]]:
    """When to kill what: a number of started jobs, so that slow and fast machines are hit in the same stages."""
    targets = [target for _ in range(-(-kills // len(TARGETS))) for target in generator.sample(TARGETS, len(TARGETS))]
    early = [1, 2, 3]  # reading the images and training: few jobs, most of the time
    counts = sorted([*early, *(generator.randint(3, LAST_STARTED_JOB) for _ in range(kills - len(early)))])
    return list(zip(counts, targets, strict=False))


def started_jobs(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "results/smoke/logs").rglob("*.log"))


def until_moment(folder: Path, run: subprocess.Popen[bytes], count: int) -> subprocess.Popen[bytes]:
    """Start the study again whenever it has ended, until it lives, runs a job, and has started `count` of them."""
    deadline = time.monotonic() + 400
    while run.poll() is not None or started_jobs(folder) < count or not of_kind(folder, "job"):
        assert time.monotonic() < deadline, (folder / "out.txt").read_text()
        if run.poll() == 0:
            break
        if run.poll() is not None:
            run = start_study(folder)
        time.sleep(0.05)
    return run


def strike(
    folder: Path,
    run: subprocess.Popen[bytes],
    target: str,
    generator: random.Random,
    number: signal.Signals = signal.SIGKILL,
) -> list[Hit]:
    """Signal one target; after a killed wrapper Snakemake too, because a run beside it is refused."""
    running = tuple(sorted(job.script for job in of_kind(folder, "job")))
    if target == "group":
        if run.poll() is not None:
            return []
        os.killpg(run.pid, number)
        return [Hit(target, running, number)]
    if number != signal.SIGKILL:
        alive = of_kind(folder, target)
        with suppress(psutil.NoSuchProcess, IndexError):
            generator.choice(alive).process.send_signal(number)
            return [Hit(target, running, number)]
        return []
    if target == "wrapper":
        hit = kill_one_of(folder, "wrapper", generator)
        refused = run_study(folder) if of_kind(folder, "snakemake") else None
        if refused is not None and of_kind(folder, "snakemake"):
            assert refused.returncode == 1 and "another run is alive here" in refused.stdout, refused.stdout
        second = kill_one_of(folder, "snakemake", generator)
        return [Hit(kind, running) for kind, met in (("wrapper", hit), ("snakemake", second)) if met]
    return [Hit(target, running)] if kill_one_of(folder, target, generator) else []


def kill_one_of(folder: Path, kind: str, generator: random.Random) -> bool:
    """Whether one was alive; jobs that start warm are short, so the next one is waited for."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        alive = of_kind(folder, kind)
        if alive and kill(generator.choice(alive).process):
            return True
        time.sleep(0.02)
    return False


def disturb(
    folder: Path, kills: int, generator: random.Random, signals: Sequence[signal.Signals] = (signal.SIGKILL,)
) -> list[Hit]:
    """Run the study and signal parts of it at random moments, until so many moments have passed."""
    hits: list[Hit] = []
    run = start_study(folder)
    for count, target in moments(kills, generator):
        run = until_moment(folder, run, count)
        time.sleep(generator.uniform(0, 0.5))  # jobs that start warm are short
        met = strike(folder, run, target, generator, generator.choice(signals))
        if met and target not in ("job", "client", "server"):
            run.wait()
        hits += met
    run.wait()
    return hits
