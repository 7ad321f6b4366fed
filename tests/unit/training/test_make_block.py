"""From plain arguments to a block's files: three of them, no side file, and no training on images that have changed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lethe.core.errors import DataError, Diverged
from lethe.data.store import open_splits
from lethe.networks.checkpoint import read_block
from lethe.networks.predict import predict_logits
from lethe.networks.spec import Classifier, Masks
from lethe.store.arrays import read_arrays
from lethe.training import block as module
from lethe.training.block import Outputs, make_block
from lethe.training.plan import Compression, TrainingPlan, plan_training
from support.small import CPU, RESNET, toy_data


def plan(folder: Path, **changed: Any) -> TrainingPlan:
    """The plan of two seeds on the toy images of a folder."""
    arguments = {
        "regime": "supervised",
        "options": json.dumps({"epochs": 2, "batch_size": 16}),
        "model": json.dumps({"name": RESNET.name, "options": RESNET.options}),
        "seeds": "2-3",
        "study_seed": 0,
        "device": "cpu",
        "precision": "fp32",
        "code_version": "code",
    }
    return plan_training(open_splits(folder).train, **{**arguments, **changed})


def test_a_plan_leaves_its_three_files_and_nothing_else(tmp_path: Path) -> None:
    train, _ = toy_data(tmp_path / "data")
    names = ("c.safetensors", "curves.parquet", "t.safetensors")
    checkpoint, curves, trajectories = (tmp_path / "out" / name for name in names)
    outputs = Outputs(checkpoint, trajectories, curves)
    make_block(plan(tmp_path / "data"), open_splits(tmp_path / "data"), outputs, attempt=1)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == list(names)
    block = read_block(checkpoint)
    assert block.seeds == [2, 3] and block.record["data_checksum"] == train.record["sha256"]
    assert {key: block.record[key] for key in ("method", "level")} == {"method": "dense", "level": "0"}
    assert block.record["traits"] == {
        "plugin": "dense",
        "level_kind": "none",
        "pairing": "paired",
        "treatment": "raw",
        "acts_on": "none",
        "role": "dense",
        "control": "",
    }
    watched = read_arrays(trajectories)
    assert watched["seeds"].tolist() == [2, 3]
    assert watched["train/example_id"].tolist() == train.example_ids.tolist()
    # What was seen last is what the networks written down do; it was observed while they trained.
    for model, last in zip(block.networks(CPU), watched["train/correct"][:, -1], strict=True):
        right = predict_logits(model[1], train.images_on(torch.device("cpu"))).argmax(1).numpy() == train.labels
        assert np.array_equal(right, last)


def test_changed_training_images_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    toy_data(tmp_path / "data")
    images = tmp_path / "data/train.npy"
    content = bytearray(images.read_bytes())
    content[-1] ^= 1
    images.write_bytes(bytes(content))
    outputs = Outputs(tmp_path / "out/c", tmp_path / "out/t")
    with pytest.raises(DataError, match=r"train.npy is damaged: .*delete it and run again"):
        make_block(plan(tmp_path / "data"), open_splits(tmp_path / "data"), outputs, attempt=1)
    assert not (tmp_path / "out").exists()


# A stand-in for a method: with `without_head_bias` it keeps one layer's biases at 0.
WITHOUT_HEAD_BIAS = Compression(
    record={"method": "no_bias", "level": "0.50"},
    start=lambda model, replicate: model,
    achieved=lambda model: float((model.head.bias == 0).float().mean()),
)


def without_head_bias(step: int, model: Classifier) -> Masks:
    return {"head.bias": torch.zeros_like(model.head.bias, dtype=torch.bool)}


def make_compressed(folder: Path, checkpoint: Path, *, attempt: int = 1, waited: bool = False, **changed: Any) -> None:
    compressed = replace(plan(folder, **changed), compression=WITHOUT_HEAD_BIAS, masks=without_head_bias)
    make_block(compressed, open_splits(folder), Outputs(checkpoint), attempt=attempt, waited=waited)


def test_a_compressed_block_is_a_checkpoint_alone_that_says_what_was_achieved(tmp_path: Path) -> None:
    toy_data(tmp_path / "data")
    checkpoint = tmp_path / "out/c.safetensors"
    make_compressed(tmp_path / "data", checkpoint)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["c.safetensors"]
    record = read_block(checkpoint).record
    assert (record["method"], record["level"]) == ("no_bias", "0.50")
    assert record["sparsity_achieved"] == [1.0, 1.0] and record["study_seed"] == 0


@pytest.mark.slow
def test_what_another_process_made_is_kept_if_it_is_of_the_same_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy_data(tmp_path / "data")
    checkpoint = tmp_path / "out/c.safetensors"
    make_compressed(tmp_path / "data", checkpoint)
    capsys.readouterr()
    make_compressed(tmp_path / "data", checkpoint, waited=True)
    assert capsys.readouterr().err.startswith("kept: ")
    make_compressed(tmp_path / "data", checkpoint, waited=True, study_seed=1)
    assert "kept: " not in capsys.readouterr().err and read_block(checkpoint).record["study_seed"] == 1


def test_a_diverged_compressed_seed_is_not_trained_twice(tmp_path: Path) -> None:
    toy_data(tmp_path / "data")
    checkpoint = tmp_path / "out/c.safetensors"
    wild = json.dumps({"epochs": 2, "batch_size": 16, "learning_rate": 1e30})
    with pytest.raises(Diverged, match="seed 2 diverged in epoch 1"):
        make_compressed(tmp_path / "data", checkpoint, options=wild)
    assert module.divergence_marker(checkpoint).exists() and not checkpoint.exists()
    with pytest.raises(Diverged, match="not trained again"):
        make_compressed(tmp_path / "data", checkpoint, options=wild, attempt=2)
