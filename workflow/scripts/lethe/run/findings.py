"""What a dry run finds out about a study's files: which are what its config and this code make, and what is wrong."""

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lethe.core.errors import ConfigError, RunFailed
from lethe.run.single_run import dry_run, workflow_arguments
from lethe.study.config_file import read_study_file
from lethe.study.origin import REPLACE
from lethe.study.standing import FINDINGS, FINE, MISSING, THOROUGH

_NOTHING = "Nothing to be done"
_STATS = re.compile(r"^Job stats:\n.*?\n-+ .*?\n(?P<rows>.*?)\n\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Finding:
    """The files of one job.

    Attributes:
        rule: what makes them.
        kind: fine, missing, damaged or stale.
        reason: what is wrong, for people; empty where they are fine.
        is_lost: it was there and is not now: damaged, gone although something was made from it, or replaced by another.
        waits: it is made from something that is lost.
    """

    rule: str
    outputs: tuple[str, ...]
    kind: str
    reason: str = ""
    is_lost: bool = False
    waits: bool = False


@dataclass(frozen=True)
class Look:
    """What a dry run found, and what it printed."""

    findings: Sequence[Finding]
    text: str

    @property
    def jobs(self) -> dict[str, int]:
        """What a run would start, see `planned_jobs`."""
        return planned_jobs(self.text)

    @property
    def is_finished(self) -> bool:
        """Whether a run would start nothing, however the profile has Snakemake print its table of jobs."""
        return _NOTHING in self.text

    @property
    def wrong(self) -> list[Finding]:
        """What a run would make anew, as far as it is wrong by itself."""
        return [finding for finding in self.findings if finding.kind != FINE]

    @property
    def lost(self) -> list[Finding]:
        """What was there and is not whole now: it can be made again as it was, before anything else is judged by it."""
        return [finding for finding in self.wrong if finding.is_lost]


def look_at(config: Path, workflow: Sequence[str], *, is_thorough: bool = False) -> Look:
    """Look at all files of a study.

    Args:
        workflow: see `single_run.workflow_arguments`.
        is_thorough: read every file, whatever its size and times say.
    Raises: RunFailed: Snakemake cannot plan the study, for the reason that it gives.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "findings.json")
        # A look replaces nothing, so that it may be of a config that would.
        asked = {FINDINGS: str(file), REPLACE: "1", **({THOROUGH: "1"} if is_thorough else {})}
        status, text = dry_run(["--configfile", str(config), *workflow], Path(), asked)
        if status != 0:
            raise RunFailed(f"Snakemake cannot plan this study:\n{reason(text)}")
        rows = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return Look([Finding(**{**row, "outputs": tuple(row["outputs"])}) for row in rows], text)


def planned_jobs(dry_run: str) -> dict[str, int]:
    """Jobs by rule from what `snakemake --dry-run` printed; none where nothing is left to do.

    Raises: ConfigError: the text is not that of a dry run.
    """
    if _NOTHING in dry_run:
        return {}
    found = _STATS.search(dry_run + "\n\n")
    if found is None:
        raise ConfigError("Snakemake's dry run printed no table of jobs; run it by hand: snakemake --dry-run")
    rows = (row.split() for row in found["rows"].splitlines())
    return {rule: int(count) for rule, count in rows if rule not in {"all", "total"}}


def wrong_now(config: Path) -> dict[str, Finding]:
    """Files of a study that are damaged or stale, each with why; none where nothing has been made.

    Nothing can be said where Snakemake cannot plan the study; `lethe plan` says why.
    """
    if not Path("results", read_study_file(config).study).is_dir():
        return {}
    try:
        found = look_at(config, workflow_arguments(Path())).wrong
    except (ConfigError, RunFailed):
        return {}
    return {path: finding for finding in found if finding.kind != MISSING for path in finding.outputs}


def reason(text: str) -> str:
    """What Snakemake says of why it failed; of an error that it did not expect, the error alone."""
    lines = text.strip().splitlines()
    is_traceback = any(line.lstrip().startswith(("File ", "Traceback ")) for line in lines)
    return lines[-1] if is_traceback else "\n".join(lines)


def told(wrong: Sequence[Finding], most: int = 5) -> list[str]:
    """Reasons for people, the first few and how many more there are."""
    more = len(wrong) - most
    return [finding.reason for finding in wrong[:most]] + ([f"and {more} more"] if more > 0 else [])
