"""Wrong configs and broken inputs through Snakemake: one readable message, no traceback, nothing half made."""

import gzip
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from support.faults import CONFIG, artefacts, run_study, side_files
from support.workspace import make_workspace, snakemake

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace for studies that never start a job."""
    return make_workspace(tmp_path_factory.mktemp("bare") / "lethe")


def variant(folder: Path, **changes: object) -> str:
    """The smoke study with other values, in a file of its own."""
    values = yaml.safe_load((folder / CONFIG).read_text())
    values.update(changes)
    (folder / "studies/trial.yaml").write_text(yaml.safe_dump(values))
    return "studies/trial.yaml"


WRONG = {
    "method": (
        {"compression": {"randon": {"levels": [0.5]}}},
        "studies/trial.yaml: compression.randon: unknown compression method 'randon'; known: .*; did you mean 'random'",
    ),
    "model option": (
        {"model": {"name": "resnet", "options": {"widht": 4}}},
        "studies/trial.yaml: unknown key 'model.options.widht'; known: .*; did you mean 'width'",
    ),
    "plug-in option": (
        {"compression": {"random": {"levels": [0.5], "options": {"recalibrate": -5}}}},
        "studies/trial.yaml: compression.random.options.recalibrate: -5 given; .*at least",
    ),
    "level": (
        {"compression": {"random": {"levels": [0.5, 1.5]}}},
        "studies/trial.yaml: compression.random.levels: 1.5 is not a sparsity; .*between 0 and 1",
    ),
}


@pytest.mark.parametrize(
    "wrong", [one if one in ("method", "level") else pytest.param(one, marks=pytest.mark.long) for one in WRONG]
)
def test_a_wrong_config_is_refused_before_snakemake_is_started(bare: Path, wrong: str) -> None:
    changes, expected = WRONG[wrong]
    result = run_study(bare, variant(bare, **changes))
    assert result.returncode == 1
    assert re.fullmatch(f"error: {expected}.*\n", result.stdout), result.stdout
    assert not (bare / "results").exists()


@pytest.mark.parametrize(
    ("wrong", "dry"),
    [
        ("model option", True),
        ("plug-in option", False),
        pytest.param("method", True, marks=pytest.mark.long),
        pytest.param("level", False, marks=pytest.mark.long),
    ],
)
def test_a_wrong_config_is_one_message_and_starts_nothing(bare: Path, wrong: str, dry: bool) -> None:
    changes, expected = WRONG[wrong]
    result = snakemake(bare, *(["-n"] if dry else ["--cores", "1"]), "--configfile", variant(bare, **changes))
    assert result.returncode == 1
    lines = result.stdout.strip().splitlines()
    assert re.match(expected, lines[0]), result.stdout
    assert lines[1:] == ["Nothing was started."]
    assert not (bare / "results").exists()


def test_a_device_that_is_not_here_is_told_before_any_job(bare: Path) -> None:
    device = "mps" if sys.platform == "linux" else "cuda"
    config = variant(bare, device=device)
    planned = snakemake(bare, "-n", "--configfile", config)  # for a cluster, whose nodes may have one
    assert planned.returncode == 0, planned.stdout
    result = run_study(bare, config)
    assert result.returncode == 1
    told = f"{config}: device: '{device}' given, but this machine has none; usable here: auto, cpu"
    assert told in result.stdout and "Traceback" not in result.stdout
    assert not (bare / "results").exists()


BROKEN = {
    "missing": (None, "error: studies/trial.yaml: there is no such file; known: .*studies/smoke.yaml"),
    "empty": ("", "error: studies/trial.yaml: needs keys like 'study:' and 'dataset:', but holds nothing"),
    "a list": ("- study\n", "error: studies/trial.yaml: needs keys like 'study:' and 'dataset:', but holds a list"),
    "not YAML": ("study: a\n  dataset: b\n", "error: studies/trial.yaml, line 2, column 10: this is not YAML"),
    "not text": (b"\xff\xfe\x00", "error: studies/trial.yaml: this is not YAML"),
}


@pytest.mark.parametrize(
    "broken", [one if one in ("missing", "not YAML") else pytest.param(one, marks=pytest.mark.long) for one in BROKEN]
)
def test_a_file_that_is_no_config_is_one_message(bare: Path, broken: str) -> None:
    content, expected = BROKEN[broken]
    file = bare / "studies/trial.yaml"
    file.unlink(missing_ok=True)
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = run_study(bare, "studies/trial.yaml")
    assert result.returncode == 1
    assert re.match(expected, result.stdout), result.stdout
    assert len(result.stdout.strip().splitlines()) == 1
    assert not (bare / "results").exists()


def assert_failed_with(folder: Path, config: str, *parts: str) -> None:
    """The run failed, said why in one line, and left nothing that a later run could mistake for a result."""
    result = run_study(folder, config)
    assert result.returncode == 1
    assert "Traceback" not in result.stdout
    told = " ".join(result.stdout.split())  # Snakemake wraps what it quotes from the log
    for part in parts:
        assert part in told, result.stdout
    assert side_files(folder) == []


@pytest.mark.long
def test_a_truncated_idx_file_is_named_with_the_way_out(study: Path) -> None:
    folder = study / "fashion"
    folder.mkdir()
    for stem in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        whole = gzip.compress(bytes(2000))
        (folder / f"{stem}-ubyte.gz").write_bytes(whole[: len(whole) // 2])
    config = variant(study, dataset={"name": "fashion_mnist", "root": "fashion"})
    assert_failed_with(study, config, "error: fashion/train-images-idx3-ubyte.gz is truncated", "intact copy")
    assert artefacts(study) == {}


def test_a_corrupt_image_is_named_with_the_way_out(study: Path) -> None:
    draw = np.random.default_rng(0)
    for name in ("train/cat", "train/dog", "test/cat", "test/dog"):
        (study / "images" / name).mkdir(parents=True)
        for position in range(30):  # as many as the study recalibrates with
            pixels = draw.integers(0, 256, (9, 9, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(study / "images" / name / f"{position}.png")
    corrupt = study / "images/train/dog/2.png"
    corrupt.write_bytes(corrupt.read_bytes()[:60])
    config = variant(study, dataset={"name": "image_folder", "root": "images", "options": {"size": 8}})
    assert_failed_with(study, config, "error: images/train/dog/2.png is not a readable image", "replace or remove it")
    assert artefacts(study) == {}


def test_a_diverging_study_names_seed_epoch_and_option(study: Path) -> None:
    options = {"epochs": 2, "batch_size": 16, "learning_rate": 1e30}
    config = variant(study, regimes={"supervised": options}, compression={"random": {"levels": [0.5]}})
    result = run_study(study, config)
    told = " ".join(result.stdout.split())
    assert result.returncode == 1 and "Traceback" not in told
    for seed in (0, 2):
        assert re.search(rf"error: seed {seed} diverged in epoch 1 .*regimes\.supervised\.learning_rate", told), told
    assert all(path.startswith("results/smoke/data/") for path in artefacts(study)), artefacts(study).keys()
    assert all(path.endswith(".diverged") for path in side_files(study))
