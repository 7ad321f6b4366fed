"""`lethe report`: from the files of a finished study alone it makes what the workflow made, byte for byte.

Records differ in what the workflow's jobs say of themselves, and so in the file's checksum.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lethe.store.records import read_sealed
from lethe.store.seal import KEY
from lethe.store.tables import read_record
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
    files = [path for part in ("tables", "figures") for path in (archive / part).iterdir()]
    files += [archive / name for name in ("report.html", "headlines.txt", "manifest.json", "study.yaml")]
    made = {path: content(path) for path in files}
    for path in files:
        path.unlink()
    shutil.copy(undisturbed / CONFIG, archive / "study.yaml")  # as a person writes it
    shutil.copytree(ROOT / "workflow", tmp_path / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    result = run(tmp_path, "python", "-c", WITHOUT_TORCH, "report", "archive")
    assert result.returncode == 0, result.stdout
    assert result.stdout == "The report: archive/report.html\n"
    for path in files:
        assert content(path) == made[path], path


def content(path: Path) -> bytes:
    """A file's bytes; the rows and the record of one that says which job made it, without that."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_json(double_precision=15).encode() + of_no_job(read_record(path))
    return of_no_job(read_sealed(path)) if path.name == "manifest.json" else path.read_bytes()


def of_no_job(record: dict[str, Any]) -> bytes:
    return json.dumps({key: value for key, value in record.items() if key not in (KEY, "job")}).encode()


@pytest.mark.long
def test_a_report_can_be_written_elsewhere(undisturbed: Path, tmp_path: Path) -> None:
    before = (undisturbed / "results/smoke/report.html").stat().st_mtime_ns
    result = lethe(undisturbed, "report", "results/smoke", "--output", str(tmp_path / "page"))
    assert result.returncode == 0, result.stdout
    assert (tmp_path / "page/report.html").read_bytes() == (undisturbed / "results/smoke/report.html").read_bytes()
    assert (undisturbed / "results/smoke/report.html").stat().st_mtime_ns == before
