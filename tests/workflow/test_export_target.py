"""`make export` as a user runs it: one network in files of its own; a wrong name starts no job."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

from support.faults import CONFIG
from support.workspace import ROOT, make_workspace, run

pytestmark = pytest.mark.slow


def make_export(folder: Path, **values: str) -> subprocess.CompletedProcess[str]:
    """`make export NAME=value ...` in a workspace, with the environment of these tests."""
    shutil.copy2(ROOT / "Makefile", folder)
    arguments = [f"{name}={value}" for name, value in values.items()]
    arguments += ["--assume-old=.venv/.lethe", f"LETHE={sys.executable} -m lethe"]  # nothing is to be installed
    return run(folder, "make", "--no-print-directory", "export", *arguments)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which nothing has run."""
    return make_workspace(tmp_path_factory.mktemp("bare") / "lethe")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {},
            r"error: cell '' given, but study 'smoke' has none .*regime/method/level; known: .*supervised/random/0\.30",
        ),
        ({"CELL": "supervised/randon/0.30"}, r"error: cell .*did you mean 'supervised/random/0\.30'"),
        ({"CELL": "supervised/random/0.30", "SEED": "4"}, r"error: seed 4 given, but study 'smoke' has seeds 0 to 3"),
    ],
)
def test_a_cell_or_seed_that_the_study_lacks_starts_nothing(bare: Path, values: dict[str, str], expected: str) -> None:
    result = make_export(bare, CONFIG=CONFIG, **values)
    assert result.returncode != 0
    assert re.match(expected, result.stdout), result.stdout
    assert "Traceback" not in result.stdout
    assert not (bare / "results").exists()


@pytest.mark.long
def test_a_network_is_exported_with_what_it_needs_and_no_more(bare: Path) -> None:
    result = make_export(bare, CONFIG=CONFIG, CELL="supervised/random/0.3", SEED="3")
    assert result.returncode == 0, result.stdout
    folder = bare / "results/smoke/export/supervised/random/0.30/seed3"
    assert f"The exported network: {folder.relative_to(bare)}" in result.stdout
    files = {file.name for file in folder.iterdir() if not file.name.startswith(".")}
    assert files == {"network.safetensors", "network.pt2", "network.onnx", "export.json"}
    record = json.loads((folder / "export.json").read_text())
    assert (record["seed"], record["cell"]["level"]) == (3, "0.30")
    assert max(record["largest_logit_difference"].values()) <= 1e-4
    assert not (bare / "results/smoke/evaluations").exists()
    blocks = {file.name for file in (bare / "results/smoke/checkpoints/supervised").rglob("*.safetensors")}
    assert blocks == {"seeds2-3.safetensors"}
    block = safetensors.torch.load_file(bare / "results/smoke/checkpoints/supervised/random/0.30/seeds2-3.safetensors")
    state = safetensors.torch.load_file(folder / "network.safetensors")
    assert all(torch.equal(state[name], stacked[1]) for name, stacked in block.items())
