"""A block of seeds: independent of its neighbours, resumable to the bit, honest about divergence."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lethe.core.errors import ConfigError, Diverged
from lethe.data.store import BothSplits
from lethe.networks.checkpoint import Block, read_block, write_block
from lethe.networks.recalibrate import recalibrate
from lethe.regimes.spec import RegimeOptions
from lethe.training import block as module
from lethe.training import resume
from lethe.training.block import (
    TrainedBlock,
    clear_side_files,
    refuse_known_divergence,
    train_block,
)
from lethe.training.progress import Progress
from support.near import assert_near
from support.small import CPU, arrays_equal, small_plan, states_equal, toy_data, toy_splits


class Killed(BaseException):
    """Stands for a signal: nothing in the code catches it."""


def train(folder: Path, seeds: tuple[int, ...] = (0, 1), **options: object) -> TrainedBlock:
    return train_block(small_plan(seeds, **options), toy_splits(folder), folder / "out.safetensors", lambda step: None)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> TrainedBlock:
    """Seeds 0 and 1 with the default options."""
    return train(tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.slow
def test_training_learns_the_toy_classes(tmp_path: Path) -> None:
    block = train(tmp_path, epochs=12, learning_rate=0.2)
    found = block.trajectories(toy_splits(tmp_path))
    assert found["seeds"].tolist() == [0, 1] and found["epochs"].tolist() == [6, 12]
    assert found["test/correct"].shape == (2, 2, 60)
    assert found["test/correct"][:, -1].mean() > 0.9


@pytest.mark.slow
def test_a_seed_is_the_same_network_whatever_its_block(undisturbed: TrainedBlock, tmp_path: Path) -> None:
    alone = train(tmp_path, (1,))
    assert states_equal(undisturbed.states[1], alone.states[0])
    assert not states_equal(undisturbed.states[0], undisturbed.states[1])


@pytest.mark.slow
def test_a_training_that_stops_early_is_a_point_along_the_whole_one(undisturbed: TrainedBlock, tmp_path: Path) -> None:
    stopped = train(tmp_path, stop_after=2)
    whole, early = (block.trajectories(toy_splits(tmp_path)) for block in (undisturbed, stopped))
    assert early["epochs"].max() == 2
    for name in ("margin", "probability"):
        for split in ("train", "test"):
            at_two = (found[f"{split}/{name}"][:, found["epochs"] == 2] for found in (whole, early))
            assert np.array_equal(*at_two)


@pytest.mark.slow
def test_a_network_whose_head_is_a_probe_loses_nothing_by_recalibration(tmp_path: Path) -> None:
    """Its statistics are those of the images as they are; views as strong as these would have others."""
    plan, data = small_plan((0,), regime_name="simclr", epochs=2, views=[{"gamma_contrast": {}}]), toy_data(tmp_path)
    block = train_block(plan, BothSplits(*data), tmp_path / "out.safetensors", lambda step: None)
    model = Block(plan.record(), block.states).model(0)
    recalibrate(CPU.place(model), torch.from_numpy(data[0].images[:]))
    # Training and this call may lay the images out differently, and so add in another order.
    assert_near(dict(model.state_dict()), block.states[0])


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("epochs_before", [pytest.param(epochs, marks=pytest.mark.slow) for epochs in (1, 3, 4, 6)])
def test_a_killed_block_resumes_to_the_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: str, epochs_before: int
) -> None:
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_SAVES", 0.0)
    undisturbed = train(tmp_path / "calm", optimizer=optimizer)
    folder, calls = tmp_path / "killed", []

    def die(step: Progress) -> None:
        calls.append(step)
        if len(calls) == epochs_before:
            raise Killed

    plan, data = small_plan(optimizer=optimizer), toy_data(folder)
    with pytest.raises(Killed):
        train_block(plan, BothSplits(*data), folder / "out.safetensors", die)
    trained_again: list[Progress] = []
    resumed = train_block(plan, BothSplits(*data), folder / "out.safetensors", trained_again.append)
    assert len(trained_again) == 2 * 4 - epochs_before  # nothing that was saved is trained again
    assert all(states_equal(a, b) for a, b in zip(resumed.states, undisturbed.states, strict=True))
    splits = BothSplits(*data)
    assert arrays_equal(resumed.trajectories(splits), undisturbed.trajectories(splits))
    clear_side_files(plan, folder / "out.safetensors")
    assert not list(folder.glob(".out*"))


@pytest.mark.slow
def test_a_side_file_of_another_config_or_a_damaged_one_is_ignored(undisturbed: TrainedBlock, tmp_path: Path) -> None:
    train(tmp_path, (0,), learning_rate=0.01)
    assert resume.side_file(tmp_path / "out.safetensors", 0).exists()
    resume.side_file(tmp_path / "out.safetensors", 1).write_bytes(b"cut off")
    again = train(tmp_path)
    assert all(states_equal(a, b) for a, b in zip(again.states, undisturbed.states, strict=True))


def test_a_diverged_seed_is_named_and_not_trained_twice(tmp_path: Path) -> None:
    plan, output = small_plan(learning_rate=1e30), tmp_path / "out.safetensors"
    with pytest.raises(Diverged, match=r"seed 0 diverged in epoch 1 .*regimes.supervised.learning_rate, now 1e\+30"):
        train_block(plan, toy_splits(tmp_path), output, lambda step: None)
    with pytest.raises(Diverged, match=r"seed 0 diverged in epoch 1 .*not trained again"):
        refuse_known_divergence(plan, output, attempt=2)
    refuse_known_divergence(small_plan(learning_rate=0.1), output, attempt=2)  # another config may be tried
    assert not module.divergence_marker(output).exists()


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"128 images per step asked for .* there are 96 training images"):
        RegimeOptions(epochs=1, batch_size=128).steps_per_epoch(96)


def test_a_checkpoint_comes_back_and_gives_the_same_logits(undisturbed: TrainedBlock, tmp_path: Path) -> None:
    block, plan = undisturbed, small_plan()
    path = tmp_path / "block.safetensors"
    write_block(path, block.states, plan.record())
    again = read_block(path)
    assert again.seeds == [0, 1]
    assert all(states_equal(a, b) for a, b in zip(again.states, block.states, strict=True))
    write_block(tmp_path / "second.safetensors", again.states, plan.record())
    assert (tmp_path / "second.safetensors").read_bytes() == path.read_bytes()
    assert str(tmp_path).encode() not in path.read_bytes()
