"""`lethe report`: from the files of a finished study alone it makes what the workflow made, byte for byte."""

import shutil
from pathlib import Path

import pytest

from support.faults import CONFIG
from support.workspace import ROOT, lethe, run

pytestmark = pytest.mark.slow
WITHOUT_TORCH = """
import sys
from lethe.run.app import app
app(sys.argv[1:], standalone_mode=False)
assert not {"torch", "snakemake"} & set(sys.modules)
"""


def test_an_archive_gives_the_same_report_without_torch(undisturbed: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(undisturbed / "results/smoke", archive, ignore=shutil.ignore_patterns("checkpoints", "logs", ".*"))
    made = {path: path.read_bytes() for part in ("tables", "figures") for path in (archive / part).iterdir()}
    made |= {path: path.read_bytes() for path in (archive / "report.html", archive / "headlines.txt")}
    for path in made:
        path.unlink()
    shutil.copy(undisturbed / CONFIG, archive / "study.yaml")
    shutil.copytree(ROOT / "workflow", tmp_path / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    result = run(tmp_path, "python", "-c", WITHOUT_TORCH, "report", "archive")
    assert result.returncode == 0, result.stdout
    assert result.stdout == "The report: archive/report.html\n"
    assert {path: path.read_bytes() for path in made} == made


def test_a_report_can_be_written_elsewhere(undisturbed: Path, tmp_path: Path) -> None:
    before = (undisturbed / "results/smoke/report.html").stat().st_mtime_ns
    result = lethe(undisturbed, "report", "results/smoke", "--output", str(tmp_path / "page"))
    assert result.returncode == 0, result.stdout
    assert (tmp_path / "page/report.html").read_bytes() == (undisturbed / "results/smoke/report.html").read_bytes()
    assert (undisturbed / "results/smoke/report.html").stat().st_mtime_ns == before
