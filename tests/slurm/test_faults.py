"""What befalls jobs on a cluster in the middle of training: nothing is lost, tables are those of an undisturbed run."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from slurm.cluster import CONTROLLER, Cluster, wait_until
from slurm.conftest import SECONDS, SLURM, STUDY, Run, start
from support.workspace import environment

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3600)]
EPOCHS = 1500  # a minute and a half of training, as Slurm's limits of time are whole minutes
SEEDS = ("count: 2, block: 1", "count: 4, block: 1")
FAULTS = ("requeue", "time limit", "drained node", "killed controller")


class Disturber:
    """Lets something happen to the training of one seed, when that is in its middle."""

    def __init__(self, cluster: Cluster, run: Run) -> None:
        self.cluster, self.run = cluster, run

    def training(self, seed: int) -> int:
        """The Slurm job that trains a seed now."""
        task = f"train_wildcards_tiny_supervised_{seed}-{seed}"
        jobs = [job.number for job in self.cluster.jobs() if job.task.endswith(task) and job.state == "RUNNING"]
        return jobs[-1] if jobs else 0

    def wait(self, seed: int) -> int:
        """The same, once the seed has trained some epochs."""
        log = self.run.results(f"logs/train/supervised/seeds{seed}-{seed}.log")
        self.until(lambda: log.exists() and "epoch" in log.read_text() and self.training(seed) > 0, f"seed {seed}")
        return self.training(seed)

    def until(self, is_true: object, what: str) -> None:
        wait_until(is_true, what, SECONDS, self.run.process)

    def requeue(self) -> list[str]:
        """Back into the queue, as by preemption: the same job starts again."""
        job = self.wait(0)
        self.cluster.order("scontrol", "requeue", str(job))
        self.until(lambda: self.cluster.state(job) != "RUNNING", "the end of the requeued job")
        self.cluster.ask("scontrol", "update", f"JobId={job}", "StartTime=now")  # Slurm would wait for two minutes
        self.until(lambda: self.cluster.state(job) in {"RUNNING", "COMPLETED"}, "the requeued job")
        return [f"requeued job {job}"]

    def time_limit(self) -> list[str]:
        """The job's time is up in the middle of training."""
        job = self.wait(1)
        self.cluster.order("scontrol", "update", f"JobId={job}", "TimeLimit=1")
        self.until(lambda: self.cluster.state(job) not in {"RUNNING", ""}, "the end of the job's time")
        return [self.cluster.state(job)]

    def drained_node(self) -> list[str]:
        """The node takes no job for a while; those that run go on."""
        node = self.cluster.ask("sinfo", "--noheader", "--format=%n").strip()
        self.cluster.order("scontrol", "update", f"NodeName={node}", "State=DRAIN", "Reason=test")
        found = [self.cluster.node()]
        self.cluster.order("scontrol", "update", f"NodeName={node}", "State=RESUME")
        self.until(lambda: "drain" not in self.cluster.node(), "the node's return")
        return found

    def killed_controller(self) -> list[str]:
        """The controller dies and comes back; jobs know nothing of it, and Snakemake's looks fail meanwhile."""
        self.wait(2)
        self.cluster.kill_controller()
        lost = self.cluster.ask("squeue", "--noheader")
        self.cluster.start_daemon("slurmctld", *CONTROLLER)
        self.until(lambda: self.cluster.node() in {"mixed", "allocated", "idle"}, "the controller's return")
        return [lost]


@pytest.fixture(scope="module")
def disturbed(slurm: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, dict[str, list[str]]]]:
    """A study that was disturbed in every way, ended, and what was seen of each."""
    with ExitStack() as stack:
        text = STUDY.replace(*SEEDS)
        run = start(
            stack, tmp_path_factory.mktemp("disturbed") / "lethe", slurm.environment(), *SLURM, study=text, **TRAINED
        )
        disturber = Disturber(slurm, run)
        seen = {fault: getattr(disturber, fault.replace(" ", "_"))() for fault in FAULTS}
        run.process.wait()
        yield run, seen


TRAINED = {"epochs": EPOCHS, "learning_rate": 0.1}


def test_every_fault_was_one(disturbed: tuple[Run, dict[str, list[str]]]) -> None:
    _, seen = disturbed
    assert seen["requeue"] and seen["time limit"] == ["TIMEOUT"] and seen["killed controller"] == [""]
    assert re.match("drain", seen["drained node"][0])


def test_the_study_ends_with_its_report_and_training_went_on_where_it_stood(
    disturbed: tuple[Run, dict[str, list[str]]],
) -> None:
    run, _ = disturbed
    assert run.process.returncode == 0, run.output()
    assert "</html>" in run.results("report.html").read_text()
    for seed in (0, 1):
        log = run.results(f"logs/train/supervised/seeds{seed}-{seed}.log").read_text()
        first = re.search(r"epoch (\d+)/", log)
        assert first is not None and int(first.group(1)) > 1, log


def test_tables_and_networks_are_those_of_a_run_that_nothing_befell(
    disturbed: tuple[Run, dict[str, list[str]]], tmp_path: Path
) -> None:
    run, _ = disturbed
    with ExitStack() as stack:
        own = start(
            stack, tmp_path / "lethe", environment(), "--cores", "2", "--until", "make_table",
            study=STUDY.replace(*SEEDS), **TRAINED,
        )  # fmt: skip
        assert own.process.wait() == 0, own.output()
    for part in ("tables", "checkpoints"):
        files = [path for path in own.results(part).rglob("[!.]*") if path.is_file()]
        assert files
        for path in files:
            other = run.results(part) / path.relative_to(own.results(part))
            assert path.read_bytes() == other.read_bytes(), path
