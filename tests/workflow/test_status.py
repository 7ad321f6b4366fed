"""`lethe status`: what is done, running, missing, in part, orphaned; how far; made with which versions."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lethe.store import seal
from support.faults import CONFIG, hold_training, of_kind, start_study, wait_until
from support.workspace import copy_workspace, lethe

pytestmark = pytest.mark.slow


def status(folder: Path) -> str:
    result = lethe(folder, "status", "--config", CONFIG)
    assert result.returncode == 0, result.stdout
    return result.stdout


def row(shown: str, method: str, level: str) -> list[str]:
    """Cells of the table's line of one method and level."""
    lines = (re.split(r"\s*│\s*", line.strip("│ ")) for line in shown.splitlines() if line.startswith("│"))
    return next(line for line in lines if line[1:3] == [method, level])


def test_cells_done_in_part_missing_and_orphaned(undisturbed: Path, tmp_path: Path) -> None:
    folder = copy_workspace(undisturbed, tmp_path / "lethe")
    config = folder / CONFIG
    config.write_text(config.read_text().replace("[0.50, 0.90]", "[0.50]").replace("[0.30]", "[0.30, 0.60]"))
    (folder / "results/smoke/evaluations/supervised/random/0.30/test/seeds2-3.parquet").unlink()
    shown = status(folder)
    # Checkpoints, the measures that the study takes (cost, generalisation, predictions), PIE sets.
    assert row(shown, "dense", "0")[3:] == ["2/2", "1/1", "2/2", "2/2", "-", "done"]
    assert row(shown, "magnitude_global", "0.50")[3:] == ["2/2", "1/1", "-", "2/2", "1/1", "done"]
    assert row(shown, "random", "0.30")[3:] == ["2/2", "1/1", "-", "1/2", "1/1", "in part"]
    assert row(shown, "random", "0.60")[3:] == ["0/2", "0/1", "-", "0/2", "0/1", "missing"]
    assert row(shown, "magnitude_global", "0.90")[3:] == ["-", "-", "-", "-", "-", "orphaned"]
    assert "  results/smoke/pies/supervised/magnitude_global/0.90/test.parquet\n" in shown
    assert "warning" not in shown


def test_a_running_job_tells_how_far_it_is(long_study: Path) -> None:
    start_study(long_study)
    folder = long_study / "results/smoke/checkpoints/supervised/dense/0"
    wait_until(lambda: len(list(folder.glob(".*.progress"))) == 2, "progress of both blocks")
    hold_training(long_study)
    shown = status(long_study)
    assert row(shown, "dense", "0")[3:] == ["0/2", "0/1", "0/2", "0/2", "-", "running"]
    line = next(line for line in shown.splitlines() if line.startswith("running") and "seeds2-3" in line)
    told = r"seed [23]  epoch \d+/5000  loss \d\.\d{4}  test accuracy (\d\.\d{3}|not yet measured)"
    told += r"(  feature spread \d\.\d\d)?  \d+:\d\d:\d\d left"
    assert re.search(told, line), line
    assert len(of_kind(long_study, "job", "train.py")) == 2


@pytest.mark.long
def test_another_versions_results_are_pointed_out(undisturbed: Path, tmp_path: Path) -> None:
    folder = copy_workspace(undisturbed, tmp_path / "lethe")
    path = folder / "results/smoke/evaluations/supervised/dense/0/test/seeds0-1.parquet"
    table = pq.read_table(path)
    record = json.loads(pq.read_metadata(path).metadata[b"lethe"])
    record["packages"]["torch"] = "1.0.0"
    record[seal.KEY] = seal.UNSEALED
    pq.write_table(table.replace_schema_metadata({b"lethe": json.dumps(record)}), path)
    seal.seal(path)
    shown = status(folder)
    assert re.search(r"warning: torch: 1\.0\.0 made some results, \S+ is installed", shown), shown
