"""Labels outside the labelled images decide nothing: garbage in their place gives the same networks, bit for bit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lethe.compress.compressor import Compressor
from lethe.compress.post_hoc import compress_block
from lethe.core import registry
from lethe.data.labelled import labelled_frame, labelled_part, positions_of
from lethe.data.store import BothSplits, Stored
from lethe.networks.checkpoint import Block
from lethe.training.block import train_block
from lethe.training.plan import TrainingPlan
from support.small import CPU, small_plan, states_equal, toy_data

SOME = [
    name for name in registry.names(registry.REGIMES) if registry.literal(registry.REGIMES, name, "labels") == "some"
]
Data = tuple[Stored, Stored]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return toy_data(tmp_path_factory.mktemp("data"))


def labelled_images(train: Stored) -> pd.DataFrame:
    return labelled_frame(train.labels, train.example_ids, (0,), study_seed=0, per_class=4, share=None)


def poisoned(train: Stored) -> Stored:
    """Every label outside the labelled images replaced by another class."""
    wrong = (train.labels + 1) % 3
    known = positions_of(labelled_images(train), 0, train.example_ids)
    wrong[known] = train.labels[known]
    return replace(train, labels=wrong)


def plan_for(name: str, train: Stored) -> TrainingPlan:
    settings = {"epochs": 2, "batch_size": 8, "unlabelled_ratio": 3, "checkpoints": 1}
    return replace(small_plan((0,), regime_name=name, **settings), labelled=labelled_images(train))


def trained(plan: TrainingPlan, folder: Path, train: Stored, test: Stored) -> Block:
    return Block(
        plan.record(), train_block(plan, BothSplits(train, test), folder / "out.safetensors", lambda step: None).states
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", SOME)
def test_training(name: str, tmp_path: Path, data: Data) -> None:
    train, test = data
    plan = plan_for(name, train)
    (tmp_path / "poisoned").mkdir()
    clean = trained(plan, tmp_path, train, test)
    blind = trained(plan, tmp_path / "poisoned", poisoned(train), test)
    assert states_equal(clean.states[0], blind.states[0])


def test_a_label_among_the_labelled_images_does_decide(tmp_path: Path, data: Data) -> None:
    train, test = data
    other = train.labels.copy()
    known = positions_of(labelled_images(train), 0, train.example_ids)
    other[known] = (other[known] + 1) % 3
    plan = plan_for("supervised_labelled", train)
    (tmp_path / "other").mkdir()
    clean = trained(plan, tmp_path, train, test)
    changed = trained(plan, tmp_path / "other", replace(train, labels=other), test)
    assert not states_equal(clean.states[0], changed.states[0])


@pytest.mark.slow
def test_fine_tuning_after_compression(tmp_path: Path, data: Data) -> None:
    train, test = data
    plan, labelled = plan_for("supervised_labelled", train), labelled_images(train)
    block = trained(plan, tmp_path, train, test)
    spec = registry.load(registry.METHODS, "magnitude_global")
    asked = Compressor("named", spec, spec.Options(finetune_epochs=2), "0.50")
    tuned, tuned_on_poison = (
        compress_block(block, images, asked, CPU, labelled=labelled).states[0] for images in (train, poisoned(train))
    )
    assert states_equal(tuned, tuned_on_poison)
    assert not states_equal(tuned, compress_block(block, poisoned(train), asked, CPU).states[0])


def test_usable_images_are_the_labelled_ones(data: Data) -> None:
    train, _ = data
    labelled = labelled_images(train)
    part = labelled_part(train, labelled, 0)
    assert set(part.example_ids) == set(labelled["example_id"]) and len(part) == 12
    rows = np.flatnonzero(np.isin(train.example_ids, part.example_ids))
    np.testing.assert_array_equal(part.images, train.images[rows])
    np.testing.assert_array_equal(part.labels, train.labels[rows])
    assert labelled_part(train, None, 0) is train
