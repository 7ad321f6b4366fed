"""Whether a study's files are what they should be: whole, of this study, of its config and of this code."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lethe.run.checked import checked_study
from lethe.run.findings import FINE, Finding, look_at
from lethe.run.single_run import untracked_files, workflow_arguments
from lethe.run.start import run_study
from lethe.study.standing import DAMAGED, MISSING, STALE, THOROUGH

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

    def __str__(self) -> str:
        rules = list(dict.fromkeys(finding.rule for finding in self.findings))
        counts = Counter((f.rule, f.kind) for f in self.findings for _ in f.outputs)
        rows = [[rule, *(str(counts[rule, kind]) for kind in _KINDS)] for rule in rules]
        files = sum(counts.values())
        wrong = [finding for finding in self.findings if finding.kind != FINE]
        lines = [*_table([["files of", *_KINDS], *rows]), ""]
        if not wrong:
            lines.append(f"All {files} files of study '{self.study}' are whole, of this config and of this code.")
        else:
            count = sum(len(finding.outputs) for finding in wrong)
            lines.append(f"{count} of {files} files of study '{self.study}' are to be made again:")
            lines += [f"  {finding.reason}" for finding in wrong[:_SHOWN]]
            lines += [f"  and {len(wrong) - _SHOWN} jobs more"] if len(wrong) > _SHOWN else []
            lines.append("What is made from them is judged once they are there; lethe verify --rebuild does both.")
        if self.foreign:
            lines.append(f"{len(self.foreign)} files in results/{self.study} belong to no job of this config:")
            lines += [f"  {file}" for file in self.foreign[:_SHOWN]]
            lines += [f"  and {len(self.foreign) - _SHOWN} more"] if len(self.foreign) > _SHOWN else []
        return "\n".join(lines)


def verify_study(config: Path) -> Verified:
    """Read every file of a study and compare it with its checksum, its config, this code and what it was made from.

    Raises:
        ConfigError: the config is wrong, or there is no workflow.
        RunFailed: Snakemake cannot plan the study.
    """
    study = checked_study(config).study
    found = look_at(config, is_thorough=True).findings
    untracked = untracked_files(["--configfile", str(config), *workflow_arguments(Path())], Path())
    own = f"results/{study}/"
    foreign = [file for file in untracked if file.startswith(own) and not Path(file).name.startswith(".")]
    return Verified(study, found, foreign)


def rebuild_study(config: Path, profile: Path) -> str:
    """Make again exactly what is wrong, every file read for it; returns the headlines, and where the report is.

    Raises: as `start.run_study`.
    """
    os.environ[THOROUGH] = "1"
    return run_study(config, profile)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
