"""Another corruption runs its own jobs and leaves everything else of a finished study as it is."""

from pathlib import Path

import pytest

from lethe.core import registry
from support.workspace import planned_jobs, snakemake

pytestmark = [pytest.mark.slow, pytest.mark.long]
STUDY = "studies/smoke.yaml"
BLOCKS, CELLS, COMPRESSED = 2, 4, 3
TREATED = 1  # the reference of the methods that recalibrate
# Of the report only what shows corruptions, the mean over them, all figures, and the page.
TABLES = {
    name
    for name in registry.names(registry.TABLES)
    if registry.literal(registry.TABLES, name, "splits", default="ordinary") != "ordinary"
    or "generalisation" in registry.literal(registry.TABLES, name, "reads")
}
ONE_MORE = {
    "corrupt_split": 1,
    "measure_predictions": BLOCKS * (CELLS + TREATED),
    "find_pies": COMPRESSED + TREATED,
    "measure_generalisation": BLOCKS,
    "make_table": len(TABLES),
    "make_figures": 1,
    "make_page": 1,
}


def ask_for(folder: Path, old: str, new: str) -> None:
    file = folder / STUDY
    text = file.read_text()
    assert f"splits: [{old}]" in text
    file.write_text(text.replace(f"splits: [{old}]", f"splits: [{new}]"))


def test_every_corruption_runs_its_jobs_alone(study: Path) -> None:
    ask_for(study, "test", "test, test@fog-3")
    assert planned_jobs(study) == ONE_MORE
    result = snakemake(study, "--configfile", STUDY, "--cores", "2", "--show-failed-logs")
    assert result.returncode == 0, result.stdout
    assert planned_jobs(study) == {}
    ask_for(study, "test, test@fog-3", "test, test@fog-3, test@contrast-1")
    assert planned_jobs(study) == ONE_MORE
    ask_for(study, "test, test@fog-3, test@contrast-1", "test, test@fog-*")
    four = {rule: 4 * ONE_MORE[rule] for rule in ("corrupt_split", "measure_predictions", "find_pies")}
    assert planned_jobs(study) == ONE_MORE | four


def test_an_unknown_corruption_is_told_before_any_job(study: Path) -> None:
    ask_for(study, "test", "test, test@fogg-3")
    result = snakemake(study, "-n", "--configfile", STUDY)
    assert result.returncode != 0
    assert "unknown corruption 'fogg'" in result.stdout and "did you mean 'fog'?" in result.stdout
    assert "Nothing was started." in result.stdout and "Traceback" not in result.stdout
