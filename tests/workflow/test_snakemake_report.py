"""`snakemake --report` of a finished study: a front page, every table and the page with labels, without a network."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lethe.core import registry
from lethe.report import contents
from lethe.study.config_file import read_study_file
from lethe.study.grid import Grid
from support.faults import CONFIG
from support.finished import finished_smoke
from support.workspace import copy_workspace, environment

pytestmark = pytest.mark.slow
NOBODY = "http://127.0.0.1:9"  # no proxy listens there, so that whatever asks the network fails


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The report of the smoke study as an archive."""
    study = copy_workspace(finished_smoke(tmp_path_factory), tmp_path_factory.mktemp("reported") / "lethe")
    result = subprocess.run(
        [sys.executable, "-m", "snakemake", "--report", "report.zip", "--configfile", CONFIG],
        cwd=study,
        env=environment(http_proxy=NOBODY, https_proxy=NOBODY, no_proxy=""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return zipfile.ZipFile(study / "report.zip")


@pytest.fixture(scope="module")
def page(report: zipfile.ZipFile) -> str:
    """The report's own page."""
    return report.read("report/report.html").decode()


def results(page: str) -> dict[str, Any]:
    """What the report shows: category, labels and caption of every file."""
    given, _ = json.JSONDecoder().raw_decode(page, page.index('results = {"') + len("results = "))
    return {entry["name"]: entry for entry in given.values()}


def test_the_front_page_says_which_study_and_what_to_look_at(page: str) -> None:
    (front,) = re.findall(r'workflow_desc = (".*")', page)
    text = re.sub(r"<[^>]+>", "", json.loads(front))
    assert "which images do networks forget" in text
    assert "In the study smoke, 4 networks\nresnet were trained on toy" in text
    assert "magnitude_global, random" in text and "Read it first." in text
    assert json.loads(front).count("<li>") == 3 and "System Message" not in text


def test_every_table_is_there_with_its_name_its_title_and_its_caption(report: zipfile.ZipFile, page: str) -> None:
    shown = results(page)
    grid = Grid(read_study_file(Path(report.filename or "").parent / CONFIG))
    tables = contents.tables_of(grid)
    assert {name for name in shown if name.endswith(".csv")} == {f"{table}.csv" for table in tables}
    stored = {Path(name).name for name in report.namelist()}
    for table in tables:
        entry = shown[f"{table}.csv"]
        assert entry["labels"] == {"table": table, "title": registry.literal(registry.TABLES, table, "title")}
        assert registry.literal(registry.TABLES, table, "caption").split()[0] in entry["caption"]
        assert f"{table}.csv" in stored


def test_the_page_of_lethe_is_there_with_its_label(report: zipfile.ZipFile, page: str) -> None:
    entry = results(page)["report.html"]
    assert entry["labels"]["page"] == "report.html"
    (path,) = [name for name in report.namelist() if name.endswith("/report.html") and "/data/" in name]
    assert b"Lethe" in report.read(path)
