"""Which files a measure is given: every word of its needs, for a block, a cell, a regime, seeds, and the study."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lethe.core import registry
from lethe.study import results
from lethe.study.config import read_study
from lethe.study.grid import Grid
from lethe.study.needs import Files, measured_cells, needed_files, own_files
from lethe.study.results import STAGES, Result, result

CONFIG = """
study: trial
dataset: {name: toy}
model: {name: resnet}
seeds: {count: 6, block: 2}
labels: {per_class: 4}
regimes: {supervised: {epochs: 2}, fixmatch: {epochs: 2}}
compression:
  random: {levels: [0.5, 0.25]}
  fold: {levels: [0.5], regimes: [supervised]}
evaluation: {splits: [test, test@fog-3, test@contrast-1]}
generalisation: {label_noise: [0.2], train_sizes: [200], blocks: 2}
"""
GRID = Grid(read_study(yaml.safe_load(CONFIG), where="trial"))
BLOCKS = ("0-1", "2-3", "4-5")
SPLITS = ("test", "test@fog-3", "test@contrast-1")
SUPERVISED = ("dense/0", "random/0.25", "random/0.50", "fold/0.50")
FIXMATCH = ("dense/0", "random/0.25", "random/0.50")
CELL = {"regime": "supervised", "method": "random", "level": "0.50"}
NEEDS = (
    *("checkpoint", "dense", "twins", "train", "test", "split", "labelled", "model"),
    *("predictions", "dense/predictions", "predictions:corrupted", "dense/predictions:clean", "shares", "curves"),
)
TRIAL = """
SPEC = MeasureSpec(
    name="trial", of="{of}", splits="{splits}", blocks="{blocks}", cells="{cells}", needs={needs},
    columns=(("seed", "int64", "seed"),), key=("seed",),
)
"""


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The measures that there are, and a place for one more; what was read is forgotten again."""
    folder = tmp_path / registry.MEASURES
    folder.mkdir(parents=True)
    for file in (registry.LIBRARY / registry.MEASURES).glob("*.py"):
        (folder / file.name).write_text(file.read_text())
    for other in (registry.REGIMES, registry.METHODS, registry.CORRUPTIONS, registry.SETS):
        (tmp_path / other).parent.mkdir(exist_ok=True)
        (tmp_path / other).symlink_to(registry.LIBRARY / other)
    monkeypatch.setattr(registry, "LIBRARY", tmp_path)
    yield folder
    forget()


def forget() -> None:
    """What was read of the measures' files."""
    for function in (registry.names, registry._spec_call, results.result):
        function.cache_clear()


def needed(room: Path, of: str, about: dict[str, str], needs: tuple[str, ...] = NEEDS, **spec: str) -> dict[str, list]:
    """Paths of every need below the study's folder."""
    fields = {"splits": "none", "blocks": "all", "cells": "all", **spec}
    (room / "trial.py").write_text(TRIAL.format(of=of, needs=repr(needs), **fields))
    forget()
    found = needed_files("trial", GRID, about)
    assert list(found) == [need for need in needs if need != "model"]
    return {need: [path.removeprefix("results/trial/") for path in files.paths] for need, files in found.items()}


def checkpoints(*cells: str, blocks: tuple[str, ...] = BLOCKS) -> list[str]:
    return [f"checkpoints/{cell}/seeds{block}.safetensors" for cell in cells for block in blocks]


def evaluations(*cells: str, blocks: tuple[str, ...] = BLOCKS, splits: tuple[str, ...] = SPLITS) -> list[str]:
    return [f"evaluations/{c}/{split}/seeds{b}.parquet" for c in cells for split in splits for b in blocks]


def all_cells(compressed: bool = False) -> list[str]:
    start = 1 if compressed else 0
    return [f"supervised/{cell}" for cell in SUPERVISED[start:]] + [f"fixmatch/{cell}" for cell in FIXMATCH[start:]]


def test_a_block_is_given_its_own_networks_and_those_of_its_seeds(room: Path) -> None:
    found = needed(room, "block", {**CELL, "block": "2-3"})
    own, dense, blocks = "supervised/random/0.50", "supervised/dense/0", ("2-3",)
    assert (
        found
        == {
            "checkpoint": checkpoints(own, blocks=blocks),
            "dense": checkpoints(dense, blocks=blocks),
            "twins": [f"generalisation/supervised/{twin}/seeds2-3.safetensors" for twin in ("noise0.2", "size200")],
            "train": ["data/train.npy", "data/train.parquet"],
            "test": ["data/test.npy", "data/test.parquet"],
            "split": ["data/.npy", "data/.parquet"],  # a measure of no split does not need its images
            "labelled": [],  # supervised training uses all labels
            "predictions": evaluations(own, blocks=blocks),
            "dense/predictions": evaluations(dense, blocks=blocks),
            "predictions:corrupted": evaluations(own, blocks=blocks, splits=SPLITS[1:]),
            "dense/predictions:clean": evaluations(dense, blocks=blocks, splits=SPLITS[:1]),
            "shares": [f"pies/{own}/{split}.shares.parquet" for split in SPLITS],
            "curves": [],  # of dense networks alone
        }
    )


def test_twins_are_given_only_where_they_are(room: Path) -> None:
    assert needed(room, "block", {**CELL, "block": "4-5"}, ("twins",)) == {"twins": []}
    of_regime = needed(room, "regime", {"regime": "fixmatch"}, ("twins",))
    assert of_regime["twins"] == [
        f"generalisation/fixmatch/{twin}/seeds{block}.safetensors"
        for twin in ("noise0.2", "size200")
        for block in BLOCKS[:2]
    ]


def test_labelled_images_are_given_where_a_regime_uses_some(room: Path) -> None:
    cell = {"regime": "fixmatch", "method": "dense", "level": "0"}
    assert needed(room, "block", {**cell, "block": "2-3"}, ("labelled",))["labelled"] == ["labelled/seeds2-3.parquet"]
    assert len(needed(room, "study", {}, ("labelled",))["labelled"]) == 3


def test_what_is_of_a_split_is_given_results_on_that_split(room: Path) -> None:
    about = {**CELL, "block": "2-3", "split": "test@fog-3"}
    found = needed(room, "block", about, ("split", "predictions", "dense/predictions"), splits="all")
    assert found == {
        "split": ["data/test@fog-3.npy", "data/test@fog-3.parquet"],
        "predictions": ["evaluations/supervised/random/0.50/test@fog-3/seeds2-3.parquet"],
        "dense/predictions": ["evaluations/supervised/dense/0/test@fog-3/seeds2-3.parquet"],
    }


def test_a_cell_is_given_all_blocks_or_the_first(room: Path) -> None:
    own = "supervised/random/0.50"
    assert needed(room, "cell", CELL, ("checkpoint",))["checkpoint"] == checkpoints(own)
    first = needed(room, "cell", CELL, ("checkpoint", "dense"), blocks="first")
    assert first == {name: checkpoints(f"supervised/{cell}", blocks=BLOCKS[:1]) for name, cell in
                     (("checkpoint", "random/0.50"), ("dense", "dense/0"))}  # fmt: skip


def test_a_dense_cell_is_given_no_result_of_compressed_cells(room: Path) -> None:
    dense = {"regime": "supervised", "method": "dense", "level": "0"}
    assert needed(room, "cell", dense, ("shares",)) == {"shares": []}
    assert needed(room, "cell", dense, ("curves",))["curves"] == [f"curves/supervised/seeds{b}.parquet" for b in BLOCKS]


def test_a_regime_is_given_its_own_cells(room: Path) -> None:
    found = needed(room, "regime", {"regime": "fixmatch"}, ("checkpoint", "dense", "shares", "predictions"))
    cells = [f"fixmatch/{cell}" for cell in FIXMATCH]
    assert found["checkpoint"] == checkpoints(*cells) and found["dense"] == checkpoints("fixmatch/dense/0")
    assert found["shares"] == [f"pies/{cell}/{split}.shares.parquet" for cell in cells[1:] for split in SPLITS]
    assert found["predictions"] == evaluations(*cells)
    compressed = needed(room, "regime", {"regime": "fixmatch"}, ("checkpoint",), cells="compressed")
    assert compressed["checkpoint"] == checkpoints(*cells[1:])


def test_seeds_and_the_study_are_given_all_regimes(room: Path) -> None:
    both = ["supervised/dense/0", "fixmatch/dense/0"]
    of_seeds = needed(room, "seeds", {"block": "0-1"}, ("checkpoint", "dense"))
    assert of_seeds == {
        "checkpoint": checkpoints(*all_cells(), blocks=BLOCKS[:1]),
        "dense": checkpoints(*both, blocks=BLOCKS[:1]),
    }
    of_study = needed(room, "study", {}, ("checkpoint", "dense", "predictions"), cells="dense")
    assert of_study == {
        "checkpoint": checkpoints(*both),
        "dense": checkpoints(*both),
        "predictions": evaluations(*both),
    }


def test_what_is_taken_on_clean_splits_is_never_given_on_corrupted_ones(room: Path) -> None:
    clean = (room / "predictions.py").read_text().replace('splits="all"', 'splits="clean"')
    (room / "predictions.py").write_text(clean)
    own = "supervised/random/0.50"
    assert needed(room, "cell", CELL, ("predictions",))["predictions"] == evaluations(own, splits=SPLITS[:1])
    assert len(own_files(result("predictions"), GRID, SPLITS).paths) == 3 * 7
    assert needed(room, "cell", {**CELL, "split": "test@fog-3"}, ("predictions",), splits="all") == {"predictions": []}


def test_a_study_asks_for_the_files_of_every_cell_block_and_split() -> None:
    assert own_files(result("predictions"), GRID).paths == [
        f"results/trial/{path}" for path in evaluations(*all_cells())
    ]
    assert [str(cell) for cell in measured_cells(STAGES["pies"], GRID)] == all_cells(compressed=True)
    assert own_files(result("generalisation"), GRID).paths == [
        f"results/trial/measures/generalisation/{regime}/dense/0/seeds{block}.parquet"
        for regime in ("supervised", "fixmatch")
        for block in BLOCKS
    ]
    assert own_files(result("pixels"), GRID).paths == ["results/trial/measures/pixels/pixels.parquet"]
    assert len(own_files(STAGES["shares"], GRID, ["test"]).paths) == 5


def expanded(files: Files) -> list[str]:
    """What bash makes of the files' word."""
    return subprocess.run(
        ["bash", "-c", f"echo {files.word}"], capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.parametrize("kind", [*STAGES, *registry.names(registry.MEASURES)])
def test_bash_expands_a_word_to_exactly_the_paths(kind: str) -> None:
    stated: Result = result(kind)
    for splits in (None, GRID.ordinary_splits):
        files = own_files(stated, GRID, splits)
        assert expanded(files) == files.paths
    if kind not in STAGES:
        about = {"regime": "supervised", "method": "dense", "level": "0", "block": "0-1", "split": "test"}
        about = {name: word for name, word in about.items() if f"{{{name}}}" in stated.path}
        for files in needed_files(kind, GRID, about).values():
            assert expanded(files) == files.paths


def test_a_word_stays_short_however_many_files_there_are() -> None:
    files = own_files(result("predictions"), GRID)
    assert len(files.word) < len(" ".join(files.paths)) / 4


words = st.lists(st.from_regex(r"[a-z0-9@.-]{1,4}", fullmatch=True), max_size=3, unique=True)


@given(words, words)
def test_a_field_without_words_means_no_file_at_all(first: list[str], second: list[str]) -> None:
    files = Files("{a}/seeds{b}.parquet", {"a": first, "b": second})
    assert len(files.paths) == len(first) * len(second)
    assert bool(files.word) == bool(files.paths)
