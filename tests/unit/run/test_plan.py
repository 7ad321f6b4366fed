"""The table of jobs of a dry run: parsed, summed, and which of them ask for a GPU."""

import pytest

from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.run.plan import Plan, gpu_rules, planned_jobs
from lethe.study.sources import on_device

DRY_RUN = """Building DAG of jobs...
Job stats:
job             count
------------  -------
train               6
evaluate           30
find_pies           4
all                 1
total              41

Reasons:
    (check individual jobs above for details)
"""


def test_jobs_are_read_without_the_target_and_the_sum() -> None:
    assert planned_jobs(DRY_RUN) == {"train": 6, "evaluate": 30, "find_pies": 4}
    assert planned_jobs("Nothing to be done (all requested files are present and up to date).") == {}
    with pytest.raises(ConfigError, match="printed no table of jobs; run it by hand: snakemake --dry-run"):
        planned_jobs("Error: something else")


def test_gpu_jobs_are_those_of_rules_for_which_the_profile_asks_for_one() -> None:
    rules = gpu_rules({"set-resources": {"train": {"gpu": 1}, "evaluate": {"gpu": 2}, "find_pies": {"runtime": 5}}})
    plan = Plan(planned_jobs(DRY_RUN), rules)
    assert plan.gpu_jobs == 36
    lines = str(plan).splitlines()
    assert lines[0].split() == ["6", "train", "(GPU)"] and lines[2].split() == ["4", "find_pies"]
    assert lines[-1] == "40 jobs, 36 of them on a GPU"
    measures = {f"measure_{name}" for name in registry.names(registry.MEASURES) if on_device(name)}
    assert rules == {"train", "evaluate"} | measures and gpu_rules({}) == measures
    assert "measure_predictions" in measures and "measure_cost" not in measures
