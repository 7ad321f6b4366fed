"""Snakemake asks the files themselves whether a job has to run: what they hold, not their times, nor what it remembers.

Snakemake's own answer comes from times and from `.snakemake/metadata/`, so that a deleted or copied folder, a restored
backup or a clock that goes wrong changes it, and damage does not. What a file's record says is as much as it knows:
options, code, the files that were read, each with its content. Jobs that are not of this workflow's scripts, as those
of a workflow that uses it as a module, are Snakemake's own business, and so are runs with `--rerun-triggers`.
"""

import atexit
import json
import os
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
from lethe.study.standing import FINDINGS, MISSING, STALE, THOROUGH, Shelf, Wrong, index_of, wrong_with


class _Standing:
    """What is wrong with the outputs of each job, looked at once."""

    def __init__(self, workflow: Any, shelf: Shelf) -> None:
        self._workflow, self._shelf = workflow, shelf
        self._found: dict[tuple[str, ...], Wrong | None] = {}
        self._rules: dict[tuple[str, ...], str] = {}
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
            self._rules[outputs] = job.rule.name
            if not any(Path(path).exists() for path in outputs):
                self._found[outputs] = Wrong(MISSING, outputs[0], f"{outputs[0]} is missing")
            else:
                asked = asked_in_shell(_command(job))
                self._found[outputs] = None if asked is None else wrong_with(outputs, asked, self._shelf)
        return self._found[outputs]

    def write(self, file: Path) -> None:
        """Write down what was found."""
        self._look_at_what_nobody_asked_for()
        read, otherwise = self._shelf.read_by_some(), self._shelf.read_otherwise()
        rows = [
            {
                "rule": self._rules[outputs],
                "outputs": outputs,
                "kind": "fine" if wrong is None else wrong.kind,
                "reason": "" if wrong is None else wrong.reason,
                "is_needed": any(path in read or Path(path).exists() for path in outputs),
                "is_replaced": any(path in otherwise for path in outputs),
            }
            for outputs, wrong in self._found.items()
        ]
        write_text(file, json.dumps(rows))

    def _look_at_what_nobody_asked_for(self) -> None:
        """Find damage in what Snakemake makes again anyhow, because it is made from what is wrong.

        Whether such a file is out of date is judged once what it is made from is there.
        """
        if self._workflow.dag is None:
            return
        for job in self._workflow.dag.jobs:
            outputs = tuple(map(str, job.output))
            if outputs and outputs not in self._found and self.is_own(job):
                wrong = self.wrong(job)
                if wrong is not None and wrong.kind == STALE:
                    del self._found[outputs]


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
        "params_changed": lambda job: "" if (wrong := standing.wrong(job)) is None else wrong.reason,
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
    def answered(self: Any, job: Any, *arguments: Any, **options: Any) -> Any:
        return answer(job) if standing.is_own(job) else before(self, job, *arguments, **options)

    return answered
