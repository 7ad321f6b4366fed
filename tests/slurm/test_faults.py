"""What befalls jobs on a cluster in the middle of training: nothing is lost, tables are those of an undisturbed run."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lethe.training.resume import side_file
from slurm.cluster import CONTROLLER, Cluster, wait_until
from slurm.conftest import SECONDS, SLURM, STUDY, Run, start
from support.workspace import environment

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3600)]
EPOCHS = 4000  # minutes of training, as Slurm's limits of time are whole minutes
SEEDS = range(4)
ALL_SEEDS = ("count: 2, block: 1", f"count: {len(SEEDS)}, block: 1")
TRAINED = {"epochs": EPOCHS, "learning_rate": 0.1}
Disturbed = tuple[Run, dict[str, str]]


class Disturber:
    """Lets things happen while networks are trained."""

    def __init__(self, cluster: Cluster, run: Run) -> None:
        self.cluster, self.run = cluster, run

    def until(self, is_true: Callable[[], bool], what: str) -> None:
        wait_until(is_true, what, SECONDS, self.run.process)

    def training(self) -> dict[int, int]:
        """The Slurm job that trains each seed now."""
        found = {}
        for job in self.cluster.jobs():
            seed = re.search(r"train_wildcards_tiny_supervised_(\d)-", job.task)
            if seed and job.state == "RUNNING":
                found[int(seed.group(1))] = job.number
        return found

    def is_in_the_middle(self, seed: int) -> bool:
        checkpoint = self.run.results(f"checkpoints/supervised/dense/0/seeds{seed}-{seed}.safetensors")
        return side_file(checkpoint, seed).exists()

    def disturb(self) -> dict[str, str]:
        """What was seen of each fault; all happen to trainings that run at the same time."""
        self.until(lambda: len(self.training()) == len(SEEDS), "all trainings")
        jobs = self.training()
        self.until(lambda: all(map(self.is_in_the_middle, SEEDS)), "the middle of training")
        seen = {}
        # A limit that is over already: Slurm looks once in half a minute.
        self.cluster.order("scontrol", "update", f"JobId={jobs[1]}", "TimeLimit=1")
        node = self.cluster.ask("sinfo", "--noheader", "--format=%n").strip()
        self.cluster.order("scontrol", "update", f"NodeName={node}", "State=DRAIN", "Reason=test")
        seen["drained node"] = self.cluster.node()
        self.cluster.kill_controller()
        seen["killed controller"] = self.cluster.ask("squeue", "--noheader")
        self.cluster.start_daemon("slurmctld", *CONTROLLER)
        self.until(lambda: self.cluster.node() != "", "the controller's return")
        self.cluster.ask("scontrol", "update", f"NodeName={node}", "State=RESUME")
        unclear = {"RUNNING", "COMPLETING", ""}
        self.until(lambda: self.cluster.state(jobs[1]) not in unclear, "the end of the job's time")
        seen["time limit"] = self.cluster.state(jobs[1])
        # Last, as a controller that dies just then forgets it and takes the job for one that runs.
        self.cluster.order("scontrol", "requeue", str(jobs[0]))
        self.wait_for_restart(jobs[0])
        return seen

    def wait_for_restart(self, job: int) -> None:
        """Until a requeued job has started again; Slurm would wait for two minutes."""

        def is_running() -> bool:
            self.cluster.ask("scontrol", "update", f"JobId={job}", "StartTime=now")
            return "Restarts=1" in self.cluster.ask("scontrol", "--oneliner", "show", "job", str(job)) and (
                self.cluster.state(job) in {"RUNNING", "COMPLETING", "COMPLETED"}
            )

        self.until(is_running, "the requeued job")


@pytest.fixture(scope="module")
def disturbed(slurm: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disturbed]:
    """A study that was disturbed in every way, ended, and what was seen of each."""
    with ExitStack() as stack:
        text = STUDY.replace(*ALL_SEEDS)
        run = start(
            stack, tmp_path_factory.mktemp("disturbed") / "lethe", slurm.environment(), *SLURM, study=text, **TRAINED
        )
        seen = Disturber(slurm, run).disturb()
        run.process.wait()
        yield run, seen


def test_every_fault_was_one(disturbed: Disturbed) -> None:
    _, seen = disturbed
    assert "drain" in seen.pop("drained node")
    assert seen == {"killed controller": "", "time limit": "TIMEOUT"}


def test_the_study_ends_with_its_report_and_training_went_on_where_it_stood(
    disturbed: Disturbed,
) -> None:
    run, _ = disturbed
    assert run.process.returncode == 0, run.output()
    assert "</html>" in run.results("report.html").read_text()
    for seed in (0, 1):
        log = run.results(f"logs/train/supervised/seeds{seed}-{seed}.log").read_text()
        first = re.search(r"epoch (\d+)/", log)
        assert first is not None and int(first.group(1)) > 1, log[:1000]


def test_tables_and_networks_are_those_of_a_run_that_nothing_befell(disturbed: Disturbed, tmp_path: Path) -> None:
    run, _ = disturbed
    with ExitStack() as stack:
        own = start(
            stack, tmp_path / "lethe", environment(), "--cores", "2", "--until", "make_table",
            study=STUDY.replace(*ALL_SEEDS), **TRAINED,
        )  # fmt: skip
        assert own.process.wait() == 0, own.output()
    for part in ("tables", "checkpoints"):
        files = [path for path in own.results(part).rglob("[!.]*") if path.is_file()]
        assert files
        for path in files:
            other = run.results(part) / path.relative_to(own.results(part))
            assert path.read_bytes() == other.read_bytes(), path
