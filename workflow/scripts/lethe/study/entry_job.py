"""How an entry script becomes a job: what it was asked stands in the record of what it writes, its code is the plan's.

A job that finds its code edited since it was planned refuses to run, and one whose code is edited while it runs refuses
to have made anything: its result would be recorded as that of another version.
"""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from lethe.core import cli
from lethe.core.errors import StaleCode
from lethe.store import job
from lethe.study.asked import Asked, asked_by
from lethe.study.remembered_code import code_version, forget
from lethe.study.state_file import named_digest

DECIDES_NO_RESULT = "keeps what was asked, and refuses another code"


def run(command: Callable[..., None]) -> None:
    """Run an entry script's function as a job."""
    asked = asked_by(sys.argv[0], sys.argv[1:])
    sys.argv[1:] = asked.words

    @wraps(command)
    def as_planned(*arguments: Any, **options: Any) -> None:
        _require_planned_code(asked, "since the run was planned")
        job.begin(asked.digest, asked.code, asked.alike)
        for state in asked.named:
            job.note_read(Path(state), named_digest(Path(state)))
        command(*arguments, **options)
        forget()
        _require_planned_code(asked, "while this job ran")

    cli.run(as_planned)


def _require_planned_code(asked: Asked, when: str) -> None:
    """Refuse code of another version than the plan knew.

    Raises: StaleCode: with both versions.
    """
    if not asked.code_files:
        return
    now = code_version(*asked.code_files)
    if now != asked.code:
        raise StaleCode(
            f"the code of {asked.code_files[0]} was edited {when}: planned with version {asked.code}, it is {now} now; "
            "nothing was made; run the same command again, which plans with the code as it is"
        )
