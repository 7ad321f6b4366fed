"""A training job from plain arguments: its three files, no side file, and no training on images that have changed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lethe.core.errors import DataError, Diverged
from lethe.data.store import Stored
from lethe.networks.checkpoint import read_block
from lethe.store.schema import TRAJECTORIES
from lethe.store.tables import read_table
from lethe.training import population
from lethe.training.job import TrainingFiles, TrainingJob, train_job
from lethe.training.plan import InTraining, Plan
from support.small import RESNET, toy_data


def job(folder: Path) -> TrainingJob:
    model = json.dumps({"name": RESNET.name, "options": RESNET.options})
    options = json.dumps({"epochs": 2, "batch_size": 16})
    return TrainingJob(folder, "supervised", options, model, "2-3", 0, "cpu", "fp32", "code")


def test_a_job_leaves_its_three_files_and_nothing_else(tmp_path: Path) -> None:
    train, _ = toy_data(tmp_path / "data")
    names = ("c.safetensors", "curves.parquet", "t.parquet")
    checkpoint, curves, trajectories = (tmp_path / "out" / name for name in names)
    train_job(job(tmp_path / "data"), TrainingFiles(checkpoint, trajectories, curves), attempt=1)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == list(names)
    block = read_block(checkpoint)
    assert block.seeds == [2, 3] and block.record["data_checksum"] == train.record["sha256"]
    assert sorted(read_table(trajectories, TRAJECTORIES)["seed"].unique()) == [2, 3]


def test_changed_training_images_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    toy_data(tmp_path / "data")
    images = tmp_path / "data/train.npy"
    content = bytearray(images.read_bytes())
    content[-1] ^= 1
    images.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"train.npy is not what was written .*delete it and run again"):
        train_job(job(tmp_path / "data"), TrainingFiles(tmp_path / "out/c", tmp_path / "out/t"), attempt=1)
    assert not (tmp_path / "out").exists()


def without_head_bias(plan: Plan, train: Stored) -> InTraining:
    """A stand-in for a method: it keeps one layer's biases at 0."""
    return InTraining(
        record={"method": "no_bias", "level": "0.50"},
        start=lambda model, replicate: model,
        masks=lambda step, model: {"head.bias": torch.zeros_like(model.head.bias, dtype=torch.bool)},
        achieved=lambda model: float((model.head.bias == 0).float().mean()),
    )


def test_a_compressed_job_leaves_a_checkpoint_alone_that_says_what_was_achieved(tmp_path: Path) -> None:
    toy_data(tmp_path / "data")
    checkpoint = tmp_path / "out/c.safetensors"
    train_job(job(tmp_path / "data"), TrainingFiles(checkpoint), attempt=1, compression=without_head_bias)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["c.safetensors"]
    record = read_block(checkpoint).record
    assert (record["method"], record["level"]) == ("no_bias", "0.50")
    assert record["sparsity_achieved"] == [1.0, 1.0] and record["study_seed"] == 0


def test_what_another_process_made_is_kept_if_it_is_of_the_same_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy_data(tmp_path / "data")
    checkpoint, order = tmp_path / "out/c.safetensors", job(tmp_path / "data")
    train_job(order, TrainingFiles(checkpoint), attempt=1, compression=without_head_bias)
    capsys.readouterr()
    train_job(order, TrainingFiles(checkpoint), attempt=1, waited=True, compression=without_head_bias)
    assert capsys.readouterr().err.startswith("kept: ")
    other = replace(order, study_seed=1)
    train_job(other, TrainingFiles(checkpoint), attempt=1, waited=True, compression=without_head_bias)
    assert "kept: " not in capsys.readouterr().err and read_block(checkpoint).record["study_seed"] == 1


def test_a_diverged_compressed_seed_is_not_trained_twice(tmp_path: Path) -> None:
    toy_data(tmp_path / "data")
    checkpoint = tmp_path / "out/c.safetensors"
    wild = json.dumps({"epochs": 2, "batch_size": 16, "learning_rate": 1e30})
    order = replace(job(tmp_path / "data"), options=wild)
    with pytest.raises(Diverged, match="seed 2 diverged in epoch 1"):
        train_job(order, TrainingFiles(checkpoint), attempt=1, compression=without_head_bias)
    assert population.divergence_marker(checkpoint).exists() and not checkpoint.exists()
    with pytest.raises(Diverged, match="not trained again"):
        train_job(order, TrainingFiles(checkpoint), attempt=2, compression=without_head_bias)
