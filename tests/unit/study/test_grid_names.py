"""A cell and a seed that a person names are found in the grid, or refused with what there is; so are measures."""

from typing import Any

import pytest
import yaml

from lethe.core import registry
from lethe.core.blocks import seeds_of
from lethe.core.errors import ConfigError
from lethe.study.config import read_study
from lethe.study.grid import Cell, Grid
from lethe.study.options import check_options

CONFIG = """
study: trial
dataset: {name: toy}
model: {name: resnet}
seeds: {count: 6, block: 2}
regimes: {supervised: {epochs: 2}}
compression:
  late: {plugin: random, levels: [0.5, '0.2']}
"""


def grid(**changes: Any) -> Grid:
    return Grid(read_study({**yaml.safe_load(CONFIG), **changes}, where="trial.yaml"))


def test_every_seed_is_in_the_block_that_names_it() -> None:
    assert [grid().block_of(seed) for seed in range(6)] == ["0-1", "0-1", "2-3", "2-3", "4-5", "4-5"]
    assert all(seed in seeds_of(grid().block_of(seed)) for seed in range(6))


@pytest.mark.parametrize("seed", [-1, 6, 100])
def test_a_seed_that_the_study_lacks_is_refused_with_those_it_has(seed: int) -> None:
    with pytest.raises(ConfigError, match=f"seed {seed} given, but study 'trial' has seeds 0 to 5"):
        grid().block_of(seed)


def test_every_cell_is_found_by_its_name() -> None:
    assert [grid().cell_of(str(cell)) for cell in grid().cells] == grid().cells


@pytest.mark.parametrize("text", ["supervised/late/0.5", "supervised/late/0.50", "supervised/late/.500"])
def test_zeros_of_a_level_do_not_matter(text: str) -> None:
    assert grid().cell_of(text) == Cell("supervised", "late", "0.50")


@pytest.mark.parametrize(
    "text", ["", "supervised", "supervised/late", "supervised/late/0.51", "supervised/late/x", "late/0.50", "a/b/0.50"]
)
def test_a_cell_that_the_study_lacks_is_refused_with_those_it_has(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        grid().cell_of(text)
    message = str(caught.value)
    assert message.startswith(f"cell '{text}' given, but study 'trial' has none of that name")
    assert "regime/method/level" in message and "\n" not in message
    assert all(str(cell) in message for cell in grid().cells)


def test_levels_of_a_method_rise() -> None:
    assert grid().levels("late") == ("0.20", "0.50")


def test_forward_passes_are_timed_unless_a_study_says_otherwise() -> None:
    assert registry.load(registry.MEASURES, "latency").Options().model_dump() == {"batches": (1, 256), "rounds": 25}
    assert "latency" in grid().study.asked_measures and grid().measure_options("latency") == "{}"
    assert "latency" not in grid(measures={"latency": False}).study.asked_measures
    assert grid(measures={"latency": True}).measure_options("latency") == "{}"
    chosen = grid(measures={"latency": {"rounds": 5, "batches": [8]}})
    assert "latency" in chosen.study.asked_measures
    assert chosen.measure_options("latency") == '{"batches": [8], "rounds": 5}'


def test_measures_are_taken_by_default_or_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    literal = registry.literal
    names = registry.names(registry.MEASURES)
    usual = [name for name in names if literal(registry.MEASURES, name, "default", default=False) is True]
    assert list(grid().study.asked_measures) == usual and {"predictions", "cost", "latency"} <= set(usual)
    monkeypatch.setattr(registry, "literal", lambda room, name, field, **default:
                        name != "cost" if field == "default" else literal(room, name, field, **default))  # fmt: skip
    assert "cost" not in grid().study.asked_measures
    assert "cost" in grid(measures={"cost": True}).study.asked_measures
    assert "cost" in grid(measures={"cost": {}}).study.asked_measures


@pytest.mark.parametrize(
    ("key", "given", "expected"),
    [
        ("generalisation.train_sizes", {}, False),
        ("generalisation.train_sizes", {"generalisation": {"train_sizes": [50]}}, True),
        ("generalisation.train_sizes", {"generalisation": {"label_noise": [0.1]}}, False),
        ("labels", {}, False),
        ("labels", {"labels": {"share": 0.5}}, True),
    ],
)
def test_a_config_tells_whether_it_gives_anything_under_a_key(key: str, given: dict[str, Any], expected: bool) -> None:
    assert grid(**given).study.has_any(key) is expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"rounds": 4}, r"trial\.yaml: measures\.latency\.rounds: 4 given; .*at least 5"),
        ({"batches": []}, r"trial\.yaml: measures\.latency\.batches: \[\] given; .*at least 1 entry"),
        ({"batches": [0]}, r"trial\.yaml: measures\.latency\.batches\[0\]: 0 given; .*at least 1"),
        (
            {"batches": [8, 1, 8]},
            r"trial\.yaml: measures\.latency\.batches: \[8, 1, 8\] given; a batch size is given twice",
        ),
        (
            {"batch": 8},
            r"unknown key 'measures\.latency\.batch'; known: batches, rounds; did you mean 'batches'",
        ),
    ],
)
def test_wrong_options_of_a_measure_are_told(options: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        check_options(grid(measures={"latency": options}).study, where="trial.yaml")
