"""Whether a study's files are what they should be: whole, of this study, of its config and of this code."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lethe.run.checked import checked_study
from lethe.run.findings import Finding, look_at
from lethe.run.single_run import untracked_files, workflow_arguments
from lethe.run.start import run_study
from lethe.study.standing import DAMAGED, FINE, MISSING, STALE, THOROUGH

_KINDS = (FINE, MISSING, DAMAGED, STALE)
_SHOWN = 20


@dataclass(frozen=True)
class Verified:
    """What was found of every file, and those below the study's folder that no job of it makes."""

    study: str
    findings: Sequence[Finding]
    foreign: Sequence[str]

    @property
    def is_fine(self) -> bool:
        """Whether every file that the config asks for is there and right."""
        return all(finding.kind == FINE for finding in self.findings)

    def told(self, *, shows_all: bool = False) -> str:
        """A table of files by rule, then what is wrong and what belongs to no job; the first ones, or all of them."""
        rules = list(dict.fromkeys(finding.rule for finding in self.findings))
        counts = Counter((f.rule, f.kind) for f in self.findings for _ in f.outputs)
        rows = [[rule, *(str(counts[rule, kind]) for kind in _KINDS)] for rule in rules]
        files = sum(counts.values())
        wrong = [finding for finding in self.findings if finding.kind != FINE]
        # What is damaged or missing is why others are stale, so it stands first.
        wrong.sort(key=lambda finding: (finding.kind == STALE, finding.outputs[0]))
        lines = [*_table([["files of", *_KINDS], *rows]), ""]
        if not wrong:
            lines.append(f"All {files} files of study '{self.study}' are whole, of this config and of this code.")
        else:
            count = sum(len(finding.outputs) for finding in wrong)
            lines.append(f"{count} of {files} files of study '{self.study}' are to be made again:")
            lines += _first([finding.reason for finding in wrong], "jobs more", shows_all=shows_all)
            lines.append("What is made from them is judged once they are there; lethe verify --rebuild does both.")
        if self.foreign:
            lines.append(f"{len(self.foreign)} files in results/{self.study} belong to no job of this config:")
            lines += _first(self.foreign, "more", shows_all=shows_all)
        return "\n".join(lines)


def verify_study(config: Path) -> Verified:
    """Read every file of a study and compare it with its checksum, its config, this code and what it was made from.

    Raises:
        ConfigError: the config is wrong, or there is no workflow.
        RunFailed: Snakemake cannot plan the study.
    """
    workflow = workflow_arguments(Path())
    study = checked_study(config).study
    found = look_at(config, workflow, is_thorough=True).findings
    untracked = untracked_files(["--configfile", str(config), *workflow], Path())
    own = f"results/{study}/"
    foreign = [file for file in untracked if file.startswith(own) and not Path(file).name.startswith(".")]
    return Verified(study, found, foreign)


def rebuild_study(config: Path, profile: Path) -> str:
    """Make again exactly what is wrong, every file read for it; returns the headlines, and where the report is.

    Raises: as `start.run_study`.
    """
    os.environ[THOROUGH] = "1"
    return run_study(config, profile)


def _first(reasons: Sequence[str], more: str, *, shows_all: bool) -> list[str]:
    """A line each, and how many are left out."""
    shown = reasons if shows_all else reasons[:_SHOWN]
    left = len(reasons) - len(shown)
    return [
        *(f"  {reason}" for reason in shown),
        *([f"  and {left} {more}; lethe verify --all names them"] * bool(left)),
    ]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns, the first to the left, numbers to the right."""
    first, *others = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(first), *map(str.rjust, row[1:], others)]) for row in rows]
