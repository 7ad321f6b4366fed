"""A finished study and another config of its name: refused wherever something could start, told in `lethe status`."""

import re
from contextlib import chdir
from pathlib import Path

import pytest

from lethe.study.config_file import read_study_file
from lethe.study.grid import Grid
from lethe.study.origin import record_origin
from support.workspace import lethe, planned_jobs, run, snakemake

pytestmark = pytest.mark.slow
OWN, OTHER = "studies/smoke.yaml", "studies/a copy.yaml"


def copy_with(study: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, (study / OWN).read_text(), count=1)
    assert count == 1
    (study / OTHER).write_text(text)


def contents(study: Path) -> dict[str, int]:
    files = (path for path in (study / "results").rglob("*") if path.is_file())
    return {path.relative_to(study).as_posix(): path.stat().st_mtime_ns for path in files}


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        ("width: 4", "width: 8"),
        pytest.param(r"\{name: toy\}", "{name: toy, options: {train: 48}}", marks=pytest.mark.long),
    ],
)
def test_a_copy_with_another_value_is_refused_before_anything_starts(
    study: Path, pattern: str, replacement: str
) -> None:
    copy_with(study, pattern, replacement)
    before = contents(study)
    sentence = f"{OTHER}: study: 'smoke' given, but results/smoke was made by {OWN}, and this config would replace"
    for result in (
        lethe(study, "run", "--config", OTHER),
        lethe(study, "plan", "--config", OTHER),
        lethe(study, "export", "--config", OTHER, "--cell", "supervised/random/0.30"),
        snakemake(study, "-n", "--configfile", OTHER),
        snakemake(study, "--configfile", OTHER, "--cores", "1"),
    ):
        assert result.returncode == 1 and sentence in result.stdout, result.stdout
        assert "Traceback" not in result.stdout
        assert f"lethe run --config '{OTHER}' --replace" in result.stdout
    assert contents(study) == before
    assert planned_jobs(study) == {}


def test_it_may_replace_them_when_it_says_so(study: Path) -> None:
    copy_with(study, "width: 4", "width: 8")
    allowed = run(study, "sh", "-c", f"LETHE_REPLACE=1 python -m snakemake -n --configfile '{OTHER}'")
    assert allowed.returncode == 0 and re.search(r"^train +2$", allowed.stdout, re.MULTILINE), allowed.stdout


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        ("epochs: 30", "epochs: 31"),
        pytest.param("width: 4", "width: 8", marks=pytest.mark.long),
    ],
)
def test_ones_own_config_is_edited_and_goes_on(study: Path, pattern: str, replacement: str) -> None:
    copy_with(study, pattern, replacement)
    (study / OTHER).rename(study / OWN)
    assert planned_jobs(study)["train"] == 2
    assert lethe(study, "plan", "--config", OWN).returncode == 0


def test_a_copy_that_asks_for_more_shares_what_is_there(study: Path) -> None:
    copy_with(study, r"levels: \[0.30\]", "levels: [0.30, 0.60]")
    jobs = planned_jobs(study, config=OTHER)
    assert jobs["compress"] == 2 and "train" not in jobs


@pytest.mark.long
def test_the_status_of_the_old_config_says_that_its_networks_were_replaced(study: Path) -> None:
    copy_with(study, "width: 4", "width: 8")
    with chdir(study):
        record_origin(Grid(read_study_file(Path(OTHER))), OTHER)
    old, new = (lethe(study, "status", "--config", config) for config in (OWN, OTHER))
    assert old.returncode == new.returncode == 0
    rows = [line for line in old.stdout.splitlines() if "supervised" in line and "│" in line]
    assert len(rows) == 5 and all("replaced" in row and "done" not in row for row in rows)
    assert f"10 files of networks and images were replaced by those of {OTHER}" in old.stdout
    assert "replaced" not in new.stdout
