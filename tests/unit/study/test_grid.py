"""The grid: cells, blocks, paths, and texts that do not depend on how a config is written."""

import json

import yaml

from lethe.core.blocks import seeds_of
from lethe.report.page import study_text
from lethe.study.config import read_study
from lethe.study.grid import Cell, Grid

CONFIG = """
study: trial
dataset: {name: toy}
model: {name: resnet, options: {width: 4, blocks: [1]}}
seeds: {count: 6, block: 2}
regimes: {supervised: {epochs: 2, batch_size: 8}}
compression:
  late: {plugin: random, levels: [0.5, '0.2'], options: {recalibrate: 8, finetune_epochs: 1}}
  random: {levels: [0.995]}
evaluation: {splits: [test, train]}
"""
REWRITTEN = CONFIG.replace("[0.5, '0.2']", "[0.20, 0.50]").replace(
    "{recalibrate: 8, finetune_epochs: 1}", "{finetune_epochs: 1, recalibrate: 8}"
)


def grid(text: str = CONFIG) -> Grid:
    return Grid(read_study(yaml.safe_load(text), where="trial"))


def test_cells_are_dense_first_then_methods_with_rising_levels() -> None:
    assert grid().cells == [
        Cell("supervised", "dense", "0"),
        Cell("supervised", "late", "0.20"),
        Cell("supervised", "late", "0.50"),
        Cell("supervised", "random", "0.995"),
    ]
    assert [cell.is_dense for cell in grid().cells] == [True, False, False, False]


def test_blocks_cover_every_seed_once() -> None:
    assert grid().blocks == ["0-1", "2-3", "4-5"]
    assert [seed for block in grid().blocks for seed in seeds_of(block)] == list(range(6))


def test_paths_are_filled_for_what_they_name_and_listed_once() -> None:
    pattern = "results/{study}/{method}/{level}/seeds{block}"
    assert len(grid().paths(pattern)) == 4 * 3
    assert len(grid().paths(pattern + "/{split}")) == 4 * 3 * 2
    assert grid().paths("{level}") == ["0", "0.20", "0.50", "0.995"]
    assert grid().named(pattern) == "results/trial/{method}/{level}/seeds{block}"


def test_a_name_and_its_file_are_two_things() -> None:
    assert grid().plugin("late") == "random"
    assert grid().methods("post_hoc") == ["late", "random"] and grid().methods("in_training") == []


def test_the_same_study_written_otherwise_gives_the_same_texts() -> None:
    one, other = grid(), grid(REWRITTEN)
    assert one.study_json() == other.study_json()
    assert one.method_options("late", "supervised") == other.method_options("late", "supervised")
    assert one.cells == other.cells


def test_regimes_and_methods_keep_the_order_in_which_the_config_names_them() -> None:
    """The stored study makes the report again, and tables show regimes in the study's order."""
    written = CONFIG.replace("regimes: {", "regimes: {zealous: {plugin: simclr, epochs: 2, batch_size: 8}, ")
    written = written.replace("  random: {levels: [0.995]}\n", "") + "  aside: {plugin: random, levels: [0.995]}\n"
    written = written.replace("evaluation: {splits: [test, train]}\n", "")
    again = Grid(read_study(yaml.safe_load(study_text(json.loads(grid(written).study_json()))), where="stored"))
    assert list(again.study.regimes) == ["zealous", "supervised"]
    assert list(again.study.compression) == ["late", "aside"]
    assert again.cells == grid(written).cells


CORRUPTED = CONFIG.replace("[test, train]", "[test, 'test@*-3', train, test@fog-5]")


def test_corrupted_splits_are_listed_beside_the_ordinary_ones_and_stars_are_filled_in() -> None:
    found = grid(CORRUPTED)
    assert found.ordinary_splits == ["test", "train"]
    assert found.corrupted_splits[0] == "test@brightness-3" and found.corrupted_splits[-1] == "test@fog-5"
    assert "test@saturate-3" not in found.splits  # toy images are grey
    assert "*" not in found.study_json()
    assert found.paths("{split}") == found.splits


TWO_REGIMES = """
study: trial
dataset: {name: toy}
model: {name: resnet}
seeds: {count: 2, block: 2}
regimes:
  supervised: {epochs: 2}
  early: {plugin: supervised, epochs: 2, stop_after: 1}
compression:
  late: {plugin: random, levels: [0.5], options: {recalibrate: 10}, by_regime: {early: {recalibrate: 5}}}
  random: {levels: [0.2], regimes: [early]}
"""


def test_a_regime_may_stand_in_a_study_under_another_name() -> None:
    two = grid(TWO_REGIMES)
    assert two.regime_plugin("early") == "supervised" and not two.needs_labelled("early")
    assert two.regime_options("early") == '{"epochs": 2, "stop_after": 1}'


def test_a_method_may_be_for_some_regimes_and_have_options_for_one() -> None:
    two = grid(TWO_REGIMES)
    assert [str(cell) for cell in two.cells if not cell.is_dense] == [
        "supervised/late/0.50",
        "early/late/0.50",
        "early/random/0.20",
    ]
    assert two.method_options("late", "supervised") == '{"recalibrate": 10}'
    assert two.method_options("late", "early") == '{"recalibrate": 5}'
