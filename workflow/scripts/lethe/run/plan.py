"""What a dry run would start, as a table: jobs of each rule, and how many of them ask for a GPU."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lethe.run.checked import startable_study
from lethe.run.findings import Finding, look_at, told
from lethe.run.measured import Measured, measured
from lethe.run.power import power_sentences
from lethe.run.single_run import found_profile, workflow_arguments
from lethe.study.config_file import read_profile
from lethe.study.grid import Grid
from lethe.study.requests import gpu_rules


@dataclass(frozen=True)
class Plan:
    """Jobs by rule, rules that ask for a GPU, what finished jobs took, what is damaged or gone, what can be seen."""

    jobs: Mapping[str, int]
    gpu_rules: frozenset[str]
    study: str = ""
    measured: Measured | None = None
    lost: Sequence[Finding] = ()
    power: Sequence[str] = ()

    @property
    def gpu_jobs(self) -> int:
        """Jobs that ask for a GPU."""
        return sum(count for rule, count in self.jobs.items() if rule in self.gpu_rules)

    def __str__(self) -> str:
        """One line per rule, and the sum with what it will take; a sentence where nothing is left."""
        if not self.jobs:
            done = f"finished: nothing is left to do; the report: results/{self.study}/report.html"
            return "\n".join([done, *self.power])
        marks = {rule: "  (GPU)" if rule in self.gpu_rules else "" for rule in self.jobs}
        rows = [f"  {count:>7}  {rule}{marks[rule]}" for rule, count in self.jobs.items()]
        count = sum(self.jobs.values())
        total = f"{count} job{'s' * (count != 1)}, {self.gpu_jobs} of them on a GPU"
        took = "" if self.measured is None else f"; {self.measured.estimate(self.jobs)}"
        return "\n".join([*rows, total + took, *self._restored(), *self.power])

    def _restored(self) -> list[str]:
        """What is made again before anything else; the jobs that follow from it are listed, and mostly not needed."""
        if not self.lost:
            return []
        jobs = f"{len(self.lost)} job{'s' * (len(self.lost) != 1)}"
        first = (
            f"What is damaged or missing is made again first, by {jobs}; what was made from it stays if that is equal:"
        )
        return [first, *(f"  {sentence}" for sentence in told(self.lost))]


def plan_study(config: Path, profile: Path) -> Plan:
    """What a run of a study would start now.

    Args: profile: folder of the profile that says which rules ask for a GPU.
    Raises:
        ConfigError: the config is wrong, or there is no workflow.
        RunFailed: Snakemake cannot plan the study, for the reason that it gives.
    """
    workflow = workflow_arguments(Path())
    study = startable_study(config)
    look = look_at(config, workflow)
    requests = read_profile(found_profile(profile, Path()) / "config.yaml")
    return Plan(
        look.jobs,
        asking_rules(requests, study.device),
        study.study,
        measured(study.study),
        look.lost,
        power_sentences(Grid(study)),
    )


def asking_rules(profile: Mapping[str, Any], device: str) -> frozenset[str]:
    """Rules whose jobs ask for a GPU: by themselves in a study with this device, or because a profile says so."""
    requests = profile.get("set-resources") or {}
    stated = {rule: asked["gpu"] for rule, asked in requests.items() if isinstance(asked, Mapping) and "gpu" in asked}
    return frozenset(rule for rule in {*gpu_rules(device), *stated} if stated.get(rule, 1))
