"""One Slurm and one round of studies for all its tests: three runs side by side, as most of their time is waiting.

`disturbed` goes to the report although one of its training jobs is cancelled, `undisturbed` is the same study without
Slurm, `diverging` cannot be trained.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from conftest import require
from slurm.cluster import TIED_TO_PARENT, Cluster, Job, missing_programs, running_cluster, wait_until
from support.warm import with_warm_starts
from support.workspace import environment, make_workspace

STUDY = """\
study: tiny
dataset: {{name: toy}}
model: {{name: resnet, options: {{blocks: [1, 1], width: 4}}}}
seeds: {{count: 2, block: 1}}
regimes:
  supervised: {{epochs: {epochs}, batch_size: 16, learning_rate: {learning_rate}}}
compression:
  magnitude_global: {{levels: [0.50], options: {{recalibrate: 48}}}}
evaluation: {{splits: [test]}}
device: auto
measures: {{latency: false, probes: false, untrained: false, pixels: false}}
"""
SLURM = ("--profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "5")
SECONDS = 900
EPOCHS = 120  # so many that a job can be cancelled in the middle
LIMITED = (*TIED_TO_PARENT, "timeout", "-k", "5", str(SECONDS))
CANCELLED = "train_wildcards_tiny_supervised_0-0"


@dataclass(frozen=True)
class Run:
    """A Snakemake that was started in a workspace."""

    folder: Path
    process: subprocess.Popen[bytes]

    def output(self) -> str:
        return (self.folder / "output.txt").read_text()

    def results(self, part: str) -> Path:
        return self.folder / "results/tiny" / part


@dataclass(frozen=True)
class Cancelled:
    """A job that was cancelled, and its training log once the last of its processes was gone."""

    job: int
    log: str


@dataclass(frozen=True)
class Warm:
    """An entry script that was seen as a child of a warm server, the Slurm job of each of the two, and the server."""

    script: str
    job: str
    servers_job: str
    server: int


@dataclass(frozen=True)
class Rounds:
    """The three runs, what was cancelled, the jobs of the two runs on Slurm, and what started warm there."""

    disturbed: Run
    undisturbed: Run
    diverging: Run
    cancelled: Cancelled
    jobs: tuple[Job, ...]
    diverging_jobs: tuple[Job, ...]
    warm: frozenset[Warm]


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A Slurm with an idle node."""
    missing = missing_programs()
    require(not missing, f"slurmctld, slurmd, slurm-client and munge (missing: {', '.join(missing)})")
    require(os.geteuid() == 0, "root, to run slurmd")
    with running_cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


def start(
    stack: ExitStack, folder: Path, variables: dict[str, str], *arguments: str, study: str = STUDY, **values: float
) -> Run:
    """Snakemake in a new workspace; it is told to stop when the stack closes early. Jobs of this machine start warm."""
    make_workspace(folder)
    variables = variables if "profiles/slurm" in arguments else with_warm_starts(folder, variables)
    (folder / "studies/tiny.yaml").write_text(study.format(**values))
    log = stack.enter_context((folder / "output.txt").open("wb"))
    process = subprocess.Popen(
        [*LIMITED, "snakemake", "--configfile", "studies/tiny.yaml", *arguments],
        cwd=folder,
        env=variables,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    run = Run(folder, process)
    stack.callback(process.wait, timeout=60)
    stack.callback(process.terminate)
    return run


def cancel_training(cluster: Cluster, run: Run) -> Cancelled:
    """Cancel the first seed's training in the middle."""
    log = run.results("logs/train/supervised/seeds0-0.log")
    wait_until(lambda: log.exists() and "epoch" in log.read_text(), "training on Slurm", SECONDS, run.process)
    (job,) = [job for job in cluster.jobs() if job.task.endswith(CANCELLED) and job.state == "RUNNING"]
    cluster.ask("scancel", str(job.number))
    # Until all its processes have ended the state is COMPLETING; the retry starts seconds later.
    is_gone = (f"JobId={job.number} ", "JobState=CANCELLED ")
    show = ("scontrol", "--oneliner", "show", "job", str(job.number))
    wait_until(lambda: all(part in cluster.ask(*show) for part in is_gone), "end of the job", 60, run.process)
    return Cancelled(job.number, log.read_text())


@pytest.fixture(scope="session")
def rounds(slurm: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    """All runs, ended."""
    base = tmp_path_factory.mktemp("rounds")
    with ExitStack() as stack:
        on_slurm, trained = slurm.environment(), {"epochs": EPOCHS, "learning_rate": 0.1}
        disturbed = start(stack, base / "disturbed", on_slurm, *SLURM, **trained)
        cancelled = cancel_training(slurm, disturbed)
        diverging = start(stack, base / "diverging", on_slurm, *SLURM, "--retries", "1", epochs=2, learning_rate=1e30)
        undisturbed = start(
            stack, base / "undisturbed", environment(), "--cores", "1", "--until", "make_table", **trained
        )
        warm: set[Warm] = set()
        while disturbed.process.poll() is None:
            warm |= warm_jobs(disturbed.folder)
            time.sleep(0.05)
        for run in (undisturbed, diverging):
            run.process.wait()
        first, second = (jobs_of(run, slurm) for run in (disturbed, diverging))
        return Rounds(disturbed, undisturbed, diverging, cancelled, first, second, frozenset(warm))


def warm_jobs(folder: Path) -> set[Warm]:
    """Entry scripts of a workspace that live as children of a warm server just now."""
    found = set()
    for process in psutil.process_iter():
        try:
            command, parent = process.cmdline(), process.parent()
            if process.cwd() != str(folder) or parent is None or not is_server(parent.cmdline()) or is_server(command):
                continue
            jobs = [one.environ().get("SLURM_JOB_ID", "") for one in (process, parent)]
        except psutil.Error:
            continue
        found.add(Warm(Path(command[1]).name, *jobs, parent.pid))
    return found


def is_server(command: list[str]) -> bool:
    return any(word.endswith("warm_server.py") for word in command)


def jobs_of(run: Run, cluster: Cluster) -> tuple[Job, ...]:
    """A run's jobs, by the numbers that its output names."""
    return tuple(job for job in cluster.jobs() if f"SLURM jobid {job.number} " in run.output())
