"""A training job from plain arguments: its two files, no side file, and no training on images that have changed."""

import json
from pathlib import Path

import pytest

from lethe.core.errors import DataError
from lethe.core.schema import TRAJECTORIES
from lethe.core.tables import read_table
from lethe.training.checkpoint import read_block
from lethe.training.job import TrainingJob, train_job
from support.small import RESNET, toy_data


def job(folder: Path) -> TrainingJob:
    model = json.dumps({"name": RESNET.name, "options": RESNET.options})
    options = json.dumps({"epochs": 2, "batch_size": 16})
    return TrainingJob(folder, "supervised", options, model, "2-3", 0, "cpu", "fp32", "code")


def test_a_job_leaves_its_two_files_and_nothing_else(tmp_path: Path) -> None:
    train, _ = toy_data(tmp_path / "data")
    checkpoint, trajectories = tmp_path / "out/c.safetensors", tmp_path / "out/t.parquet"
    train_job(job(tmp_path / "data"), checkpoint, trajectories, attempt=1)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["c.safetensors", "t.parquet"]
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
        train_job(job(tmp_path / "data"), tmp_path / "out/c", tmp_path / "out/t", attempt=1)
    assert not (tmp_path / "out").exists()
