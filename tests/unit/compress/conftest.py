"""Trained networks, made once for all that compress them."""

from pathlib import Path

import pytest

from lethe.networks.checkpoint import Block
from lethe.training.block import train_block
from support.small import small_plan, toy_splits


@pytest.fixture(scope="session")
def dense(tmp_path_factory: pytest.TempPathFactory) -> tuple[Block, Path]:
    """A block of two seeds, and a folder with its data; tests leave both as they are."""
    folder = tmp_path_factory.mktemp("dense")
    plan = small_plan(epochs=15, learning_rate=0.2)
    trained = train_block(plan, toy_splits(folder), folder / "out.safetensors", lambda step: None)
    return Block(plan.record(), trained.states), folder
