"""Iterative magnitude pruning: rounds against their definition, nested masks, one round is one-shot pruning."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lethe.compress.compressor import Compressor
from lethe.compress.masks import prunable_weights
from lethe.compress.methods import iterative_magnitude
from lethe.compress.post_hoc import compress_block
from lethe.compress.spec import Compressed, Masks
from lethe.core import registry
from lethe.networks.checkpoint import Block
from support.small import CPU, states_equal, toy_data


@pytest.fixture
def dense(dense: tuple[Block, Path]) -> tuple[Block, Path]:
    """One seed of the block is enough."""
    block, folder = dense
    return Block({**block.record, "seeds": block.seeds[:1]}, block.states[:1]), folder


def compressed(dense: tuple[Block, Path], method: str, level: str, **options: Any) -> Block:
    spec = registry.load(registry.METHODS, method)
    asked = Compressor("named", spec, spec.Options(**options), level)
    return compress_block(dense[0], toy_data(dense[1])[0], asked, CPU)


@given(st.floats(0, 0.999), st.integers(1, 30))
@settings(deadline=None)
def test_every_round_removes_the_same_share_of_what_is_left(level: float, rounds: int) -> None:
    levels = iterative_magnitude.rounds(level, iterative_magnitude.Options(rounds=rounds))
    assert len(levels) == rounds and levels[-1] == level
    left, fraction = 1.0, 1 - (1 - level) ** (1 / rounds)
    for reached in levels:
        left *= 1 - fraction
        assert reached == pytest.approx(1 - left, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("allocation", ["global", "layerwise"])
def test_masks_are_nested_and_the_last_round_reaches_the_level(dense: tuple[Block, Path], allocation: str) -> None:
    found: list[Masks] = []

    def recorded(*arguments: Any) -> Compressed:
        result = iterative_magnitude.compress(*arguments)
        found.append(result.masks)
        return result

    chosen = iterative_magnitude.Options(rounds=4, allocation=allocation, finetune_epochs=1)
    asked = Compressor("named", replace(iterative_magnitude.SPEC, compress=recorded), chosen, "0.90")
    model = compress_block(dense[0], toy_data(dense[1])[0], asked, CPU).model(0)
    assert len(found) == 4
    for harsher, milder in zip(found[1:], found, strict=False):
        assert all((harsher[name] <= milder[name]).all() for name in milder)
        assert any((harsher[name] < milder[name]).any() for name in milder)
    weights = prunable_weights(model)
    layers = [[weight] for weight in weights.values()] if allocation == "layerwise" else [list(weights.values())]
    for layer in layers:
        assert sum(int((weight == 0).sum()) for weight in layer) == round(0.9 * sum(weight.numel() for weight in layer))


@pytest.mark.parametrize("epochs", [0, 1])
def test_one_round_is_one_shot_pruning(dense: tuple[Block, Path], epochs: int) -> None:
    once = compressed(dense, "iterative_magnitude", "0.80", rounds=1, finetune_epochs=epochs)
    assert states_equal(once.states[0], compressed(dense, "magnitude_global", "0.80", finetune_epochs=epochs).states[0])


def test_rounds_matter_only_through_the_fine_tuning_between_them(dense: tuple[Block, Path]) -> None:
    one_shot = compressed(dense, "magnitude_global", "0.80")
    without = compressed(dense, "iterative_magnitude", "0.80", rounds=3, finetune_epochs=0)
    assert states_equal(without.states[0], one_shot.states[0])
    tuned = {rounds: compressed(dense, "iterative_magnitude", "0.80", rounds=rounds) for rounds in (1, 3)}
    gone = [
        {name: weight == 0 for name, weight in prunable_weights(block.model(0)).items()} for block in tuned.values()
    ]
    assert any((gone[0][name] != gone[1][name]).any() for name in gone[0])
