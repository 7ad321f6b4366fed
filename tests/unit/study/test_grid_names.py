"""A cell and a seed that a person names are found in the grid, or refused with what there is; costs are configured."""

from typing import Any

import pytest
import yaml

from lethe.core.blocks import seeds_of
from lethe.core.errors import ConfigError
from lethe.study.config import read_study
from lethe.study.grid import Cell, Grid

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
    assert grid().study.cost.model_dump() == {"latency": True, "batches": (1, 256), "rounds": 15}
    cost = grid(cost={"latency": False, "batches": [8], "rounds": 5}).study.cost
    assert (cost.latency, cost.batches, cost.rounds) == (False, (8,), 5)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ({"rounds": 4}, r"trial\.yaml: cost\.rounds: 4 given; .*greater than or equal to 5"),
        ({"batches": []}, r"trial\.yaml: cost\.batches: \[\] given; .*at least 1 item"),
        ({"batches": [0]}, r"trial\.yaml: cost\.batches\[0\]: 0 given; .*greater than or equal to 1"),
        ({"batches": [8, 1, 8]}, r"trial\.yaml: cost\.batches: \[8, 1, 8\] given; a batch size is given twice"),
        (
            {"batch": 8},
            r"unknown key 'cost\.batch'; known: batches, latency, rounds; did you mean 'batches'",
        ),
    ],
)
def test_a_wrong_cost_section_is_told(cost: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        grid(cost=cost)
