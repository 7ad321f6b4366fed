"""The table of jobs of a dry run: parsed, summed, and which of them ask for a GPU."""

import pytest

from lethe.core.errors import ConfigError
from lethe.run.findings import planned_jobs, reason
from lethe.run.measured import Measured
from lethe.run.plan import Plan, asking_rules

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


def test_gpu_jobs_are_those_of_rules_that_ask_for_one_by_themselves_or_by_the_profile() -> None:
    rules = asking_rules({"set-resources": {"evaluate": {"gpu": 2}, "find_pies": {"runtime": 5}}}, "auto")
    plan = Plan(planned_jobs(DRY_RUN), rules)
    assert plan.gpu_jobs == 36
    lines = str(plan).splitlines()
    assert lines[0].split() == ["6", "train", "(GPU)"] and lines[2].split() == ["4", "find_pies"]
    assert lines[-1] == "40 jobs, 36 of them on a GPU"


def test_a_finished_study_says_so_and_an_unfinished_one_what_it_will_take() -> None:
    assert str(Plan({}, frozenset(), "trial", Measured())) == (
        "finished: nothing is left to do; the report: results/trial/report.html"
    )
    took = Measured({"train": 60.0}, {"train": 1e6})
    last = str(Plan({"train": 2}, frozenset(), "trial", took)).splitlines()[-1]
    assert last == f"2 jobs, 0 of them on a GPU; {took.estimate({'train': 2})}"


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (
            "Building DAG\nMissingInputException in rule a:\nb.txt",
            "Building DAG\nMissingInputException in rule a:\nb.txt",
        ),
        (
            'Traceback:\n\n  File "x", line 3\n\nOSError: [Errno 30] Read-only file system',
            "OSError: [Errno 30] Read-only file system",
        ),
    ],
)
def test_of_an_error_that_snakemake_did_not_expect_the_error_alone_is_told(printed: str, told: str) -> None:
    assert reason(printed) == told


def test_a_study_on_the_cpu_asks_for_a_gpu_only_where_the_profile_does() -> None:
    assert asking_rules({}, "cpu") == frozenset()
    assert asking_rules({"set-resources": {"train": {"gpu": 1}}}, "cpu") == {"train"}
    usual = asking_rules({}, "auto")
    assert {"train", "compress", "measure_predictions"} <= usual and not {"measure_cost", "find_pies"} & usual
    assert asking_rules({"set-resources": {"train": {"gpu": 0}}}, "auto") == usual - {"train"}
