"""Snakemake asks the files themselves whether a job has to run: what they hold, not their times, nor what it remembers.

Snakemake's own answer comes from times and from `.snakemake/metadata/`, so that a deleted or copied folder, a restored
backup or a clock that goes wrong changes it, and damage does not. What a file's record says is as much as it knows:
options, code, the files that were read, each with its content. Jobs that are not of this workflow's scripts, as those
of a workflow that uses it as a module, are Snakemake's own business, and so are runs with `--rerun-triggers`.
"""

import atexit
import json
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from snakemake.dag import DAG  # type: ignore[import-untyped]
from snakemake.jobs import Job  # type: ignore[import-untyped]
from snakemake.persistence import PersistenceBase  # type: ignore[import-untyped]
from snakemake.settings.types import RerunTrigger  # type: ignore[import-untyped]
from snakemake.utils import format as filled_in  # type: ignore[import-untyped]

from lethe.store.files import write_text
from lethe.study.asked import asked_in_shell
from lethe.study.standing import DAMAGED, FINDINGS, FINE, MISSING, STALE, THOROUGH, Shelf, Wrong, index_of, wrong_with


@dataclass(frozen=True)
class _Changed:
    """What has changed of a job; Snakemake prints it, and `--list-params-changes` lists what it holds."""

    reason: str
    outputs: tuple[str, ...]

    def __str__(self) -> str:
        return self.reason

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)


class _Standing:
    """What is wrong with the outputs of each job, looked at once."""

    def __init__(self, workflow: Any, shelf: Shelf) -> None:
        self._workflow, self._shelf = workflow, shelf
        self._found: dict[tuple[str, ...], Wrong | None] = {}
        self._is_own: dict[str, bool] = {}

    def is_own(self, job: Any) -> bool:
        """Whether a job is one of this workflow's scripts."""
        name = job.rule.name
        if name not in self._is_own:
            self._is_own[name] = _is_own(self._workflow, job)
        return self._is_own[name]

    def wrong(self, job: Any) -> Wrong | None:
        """Why a job has to run."""
        outputs = tuple(map(str, job.output))
        if outputs not in self._found:
            if not any(Path(path).exists() for path in outputs):
                self._found[outputs] = Wrong(MISSING, outputs[0], f"{outputs[0]} is missing")
            else:
                asked = asked_in_shell(_command(job))
                self._found[outputs] = None if asked is None else wrong_with(outputs, asked, self._shelf)
        return self._found[outputs]

    def changed(self, job: Any) -> Any:
        """The same as Snakemake asks for it: true if there is something, for people a text, for lists its files."""
        wrong = self.wrong(job)
        return () if wrong is None else _Changed(wrong.reason, tuple(map(str, job.output)))

    def write(self, file: Path) -> None:
        """Write down what is found of every job; Snakemake asks of none that follows from one that has to run."""
        dag = self._workflow.dag
        if dag is None:
            return
        jobs = [job for level in dag.toposorted() for job in level if self.is_own(job) and job.output]
        found = {job: self.wrong(job) for job in jobs}
        read, otherwise = self._shelf.read_by_some(), self._shelf.read_otherwise()
        lost, waiting = set(), set()
        rows = []
        for job, wrong in found.items():
            outputs = tuple(map(str, job.output))
            if wrong is not None and _is_lost(wrong, outputs, read, otherwise):
                lost.add(job)
            if any(other in lost or other in waiting for other in dag.dependencies[job]):
                waiting.add(job)
            kind, reason = (FINE, "") if wrong is None else (wrong.kind, wrong.reason)
            state = {"is_lost": job in lost, "waits": job in waiting}
            rows.append({"rule": job.rule.name, "outputs": outputs, "kind": kind, "reason": reason, **state})
        write_text(file, json.dumps(rows))


def _is_lost(wrong: Wrong, outputs: Sequence[str], read: Collection[str], otherwise: Collection[str]) -> bool:
    """Whether files were there and are not now, so that they can be made again as they were.

    A stale file counts if it is not what others were made from: one of another study was laid in its place.

    Args:
        read: files that something was made from.
        otherwise: those of them that had another content then.
    """
    if wrong.kind == MISSING:
        return any(path in read or Path(path).exists() for path in outputs)
    return wrong.kind == DAMAGED or (wrong.kind == STALE and any(path in otherwise for path in outputs))


def decide_by_content(workflow: Any, study: str) -> None:
    """Let Snakemake's question whether a job has to run be answered by the files of a study."""
    _ignore_clocks(workflow)
    if not workflow.is_main_process:
        return
    shelf = Shelf(index_of(study), is_thorough=bool(os.environ.get(THOROUGH)))
    standing = _Standing(workflow, shelf)
    _patch(standing)
    atexit.register(shelf.remember)
    if findings := os.environ.get(FINDINGS):
        atexit.register(standing.write, Path(findings).absolute())


def _is_own(workflow: Any, job: Any) -> bool:
    is_asked = set(workflow.rerun_triggers) == set(RerunTrigger.all())
    return is_asked and "--code-version" in str(job.rule.shellcmd or "")


def _ignore_clocks(workflow: Any) -> None:
    """Let a job end well although its inputs are of a later time than what it wrote: no time decides anything later."""
    by_time = DAG.check_output_mtime

    async def check(self: Any, job: Any, *arguments: Any, **options: Any) -> None:
        if not _is_own(workflow, job):
            await by_time(self, job, *arguments, **options)

    DAG.check_output_mtime = check


def _command(job: Any) -> str:
    """A job's command; what it is given of the machine decides nothing, and is not known yet."""
    values = {name: getattr(job, name) for name in ("input", "output", "params", "wildcards", "log")}
    return str(filled_in(job.rule.shellcmd, resources=SimpleNamespace(attempt=1), threads=1, **values))


def _patch(standing: _Standing) -> None:
    """Answer for own jobs; all others are answered as before."""
    own_answers = {
        "has_metadata": lambda _: True,
        "has_outdated_metadata": lambda _: False,
        "params_changed": standing.changed,
        "input_changed": lambda _: (),
        "code_changed": lambda _: (),
        "software_stack_changed": lambda _: (),
    }
    for name, answer in own_answers.items():
        setattr(PersistenceBase, name, _answering(getattr(PersistenceBase, name), answer, standing))
    by_time = Job.output_mintime

    async def no_time(self: Any) -> Any:
        return None if standing.is_own(self) else await by_time.fget(self)

    Job.output_mintime = property(no_time)


def _answering(before: Any, answer: Any, standing: _Standing) -> Any:
    """A method that answers for own jobs, and asks what was there before about all others."""

    def answered(self: Any, job: Any, *arguments: Any, **options: Any) -> Any:
        return answer(job) if standing.is_own(job) else before(self, job, *arguments, **options)

    return answered
