"""What a dry run finds out about a study's files: which are what its config and this code make, and what is wrong."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lethe.core.errors import RunFailed
from lethe.run.plan import reason
from lethe.run.single_run import dry_run, workflow_arguments
from lethe.study.standing import DAMAGED, FINDINGS, MISSING, STALE, THOROUGH

FINE = "fine"


@dataclass(frozen=True)
class Finding:
    """The files of one job.

    Attributes:
        rule: what makes them.
        kind: fine, missing, damaged or stale.
        reason: what is wrong, for people; empty where they are fine.
        is_needed: something that is there was made from one of them, or part of them is there.
        is_replaced: something that is there was made from another content of one of them.
    """

    rule: str
    outputs: tuple[str, ...]
    kind: str
    reason: str = ""
    is_needed: bool = False
    is_replaced: bool = False


@dataclass(frozen=True)
class Look:
    """What a dry run found, and what it printed."""

    findings: Sequence[Finding]
    text: str

    @property
    def wrong(self) -> list[Finding]:
        """What a run would make anew, as far as it is wrong by itself."""
        return [finding for finding in self.findings if finding.kind != FINE]

    @property
    def lost(self) -> list[Finding]:
        """What was there and is not now: it can be made again as it was, before anything else is judged by it.

        A stale file counts if it is not what others were made from: one of another study was laid in its place.
        """
        return [
            finding
            for finding in self.wrong
            if finding.kind == DAMAGED
            or (finding.kind == MISSING and finding.is_needed)
            or (finding.kind == STALE and finding.is_replaced)
        ]


def look_at(config: Path, *, is_thorough: bool = False) -> Look:
    """Look at all files of a study.

    Args: is_thorough: read every file, whatever its size and times say.
    Raises:
        ConfigError: there is no workflow here.
        RunFailed: Snakemake cannot plan the study, for the reason that it gives.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "findings.json")
        asked = {FINDINGS: str(file), **({THOROUGH: "1"} if is_thorough else {})}
        status, text = dry_run(["--configfile", str(config), *workflow_arguments(Path())], Path(), asked)
        if status != 0:
            raise RunFailed(f"Snakemake cannot plan this study:\n{reason(text)}")
        rows = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return Look([Finding(**{**row, "outputs": tuple(row["outputs"])}) for row in rows], text)


def told(wrong: Sequence[Finding], most: int = 5) -> list[str]:
    """Reasons for people, the first few and how many more there are."""
    more = len(wrong) - most
    return [finding.reason for finding in wrong[:most]] + ([f"and {more} more"] if more > 0 else [])
