"""The line a minute for whoever has no terminal: steps done, what is running, the time left."""

import io
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from lethe.run import pulse
from lethe.run.measured import Measured
from lethe.run.pulse import Pulse, tell_each_minute


@dataclass(eq=False)
class Job:
    """A job as Snakemake has it, as far as a line needs it."""

    rule: Any
    wildcards: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Group:
    """Jobs that run as one."""

    jobs: list[Job]


def job(rule: str, *, target: bool = False, **wildcards: str) -> Job:
    return Job(SimpleNamespace(name=rule, output=[] if target else ["file"]), wildcards)


class Run:
    """A run of Snakemake: its jobs, those that run, those that have finished."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs, self.finished, self.running = list(jobs), set[Job](), set[Job]()
        self.dag = SimpleNamespace(
            needrun_jobs=lambda exclude_finished: iter(self.jobs), finished=lambda one: one in self.finished
        )
        self.scheduler = SimpleNamespace(running=self.running)

    def end(self, one: Job) -> None:
        self.running.discard(one)
        self.finished.add(one)


TRAIN = [job("train", study="trial", regime="simclr", block=block) for block in ("0-1", "2-3")]
COMPRESS = [
    job("compress", study="trial", regime="simclr", method="fold", level="0.50", block=block)
    for block in ("0-1", "2-3")
]
ALL = job("all", target=True)


def test_before_anything_has_ended_the_time_is_not_known() -> None:
    run = Run(*TRAIN, *COMPRESS, ALL)
    run.running.add(TRAIN[0])
    seen = Pulse(run, Measured())
    seen.look(0.0)
    assert seen.line() == "0 of 4 steps done; running: train simclr/0-1; time left not known yet"


def test_time_left_is_what_jobs_took_shared_by_those_that_run() -> None:
    run = Run(*TRAIN, *COMPRESS, ALL)
    seen = Pulse(run, Measured())
    run.running.update(TRAIN)
    seen.look(0.0)
    run.end(TRAIN[0])
    seen.look(120.0)
    assert seen.line() == "1 of 4 steps done; running: train simclr/2-3; more than 0:02:00 left"
    run.running.add(COMPRESS[0])
    seen.look(121.0)
    told = "1 of 4 steps done; running: train simclr/2-3, compress simclr/fold/0.50/0-1; "
    assert seen.line() == told + "more than 0:01:00 left"
    run.end(COMPRESS[0])
    seen.look(131.0)
    assert seen.line() == "2 of 4 steps done; running: train simclr/2-3; about 0:02:10 left"


def test_what_earlier_jobs_took_counts_until_there_is_better() -> None:
    run = Run(*TRAIN, ALL)
    seen = Pulse(run, Measured({"train": 600.0}))
    assert seen.line() == "0 of 2 steps done; about 0:20:00 left"
    run.running.add(TRAIN[0])
    seen.look(0.0)
    run.end(TRAIN[0])
    seen.look(30.0)
    assert seen.line() == "1 of 2 steps done; about 0:00:30 left"


def test_running_jobs_stand_in_one_order_the_oldest_first() -> None:
    late, first, second = (job("train", regime=name, block="0-1") for name in ("a", "b", "c"))
    run = Run(late, second, first)
    seen = Pulse(run, Measured())
    run.running.update([second, first])
    seen.look(0.0)
    run.running.add(late)
    seen.look(1.0)
    assert "running: train b/0-1, train c/0-1, train a/0-1; " in seen.line()


def test_many_running_jobs_are_counted_and_those_of_groups_named_one_by_one() -> None:
    jobs = [job("train", regime=f"r{number}", block="0-1") for number in range(5)]
    run = Run(*jobs)
    run.running.add(Group(jobs))  # type: ignore[arg-type]
    seen = Pulse(run, Measured({"train": 5.0}))
    seen.look(0.0)
    assert (
        seen.line()
        == "0 of 5 steps done; running: train r0/0-1, train r1/0-1, train r2/0-1 and 2 more; about 0:00:05 left"
    )


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "is_told"), [(io.StringIO(), True), (Terminal(), False)])
def test_it_is_told_where_there_is_no_terminal(
    stream: io.StringIO, is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "_SECONDS_BETWEEN_LINES", 0.02)
    monkeypatch.setattr(pulse, "_SECONDS_BETWEEN_LOOKS", 0.01)
    monkeypatch.setattr(pulse.sys, "stderr", stream)
    tell_each_minute(Run(*TRAIN), "trial")
    deadline = time.monotonic() + (10 if is_told else 0.2)
    while not stream.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    written = stream.getvalue()
    stream.close()  # ends the thread, as a reader does that goes away
    assert ("0 of 2 steps done" in written) == is_told
