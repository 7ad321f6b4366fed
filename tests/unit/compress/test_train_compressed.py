"""The entry script: a checkpoint with its record and nothing else, the same bytes twice, clear errors and no output."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from lethe.compress.channels import write_groups
from lethe.core.errors import CompressionError, ConfigError
from lethe.networks.checkpoint import Block, read_block
from support.channels import small_groups
from support.small import RESNET, toy_data
from train_compressed import main

GMP = {"begin": 2, "end": 10, "every": 2}
DENSE_WEIGHTS = 4 * 9 + 2 * 16 * 9 + (32 + 64) * 9 + 32 + 24


def run(folder: Path, name: str = "out", **changed: Any) -> Path:
    data, checkpoint = folder / "data", folder / name / "c.safetensors"
    if not data.exists():
        toy_data(data)
    arguments = {
        "data": data,
        "regime": "supervised",
        "options": json.dumps({"epochs": 2, "batch_size": 16}),
        "model": json.dumps({"name": RESNET.name, "options": RESNET.options}),
        "seeds": "2-3",
        "method": "gmp_early",
        "level": "0.80",
        "plugin": "gmp",
        "method_options": json.dumps(GMP),
        "device": "cpu",
        "code_version": "code",
    }
    main(checkpoint, **{**arguments, **changed})
    return checkpoint


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with the usual options."""
    return run(tmp_path_factory.mktemp("first"))


def small(folder: Path, **changed: Any) -> Path:
    channels = folder / "channels.json"
    write_groups(channels, small_groups(), {})
    settings = {"method": "small", "plugin": "small_dense", "method_options": "{}", "level": "0.50"}
    return run(folder, channels=channels, **{**settings, **changed})


def left(block: Block, position: int) -> int:
    weights = (tensor for tensor in block.states[position].values() if tensor.dim() > 1)
    return sum(int(weight.count_nonzero()) for weight in weights)


def test_the_record_says_what_was_asked_and_achieved(first: Path) -> None:
    kept = [path.name for path in first.parent.iterdir() if path.suffix != ".lock"]
    assert kept == ["c.safetensors"]
    block = read_block(first)
    expected = {
        "method": "gmp_early",
        "level": "0.80",
        "options": {**GMP, "allocation": "layerwise"},
        "level_asked": 0.8,
        "traits": {
            "plugin": "gmp",
            "level_kind": "sparsity",
            "pairing": "independent",
            "treatment": "trained",
            "acts_on": "weights",
            "role": "method",
            "control": "",
        },
        "regime": "supervised",
        "seeds": [2, 3],
        "study_seed": 0,
        "code_version": "code",
    }
    assert {key: block.record[key] for key in expected} == expected
    assert block.record["sparsity_achieved"] == [1 - left(block, k) / DENSE_WEIGHTS for k in range(2)]
    assert block.record["sparsity_achieved"] == pytest.approx([0.8, 0.8], abs=0.01)


def test_it_writes_the_same_bytes_twice(first: Path, tmp_path: Path) -> None:
    assert run(tmp_path).read_bytes() == first.read_bytes()


@pytest.mark.slow
def test_a_smaller_network_is_trained_stored_and_rebuilt_in_its_shapes(tmp_path: Path) -> None:
    block = read_block(small(tmp_path))
    assert block.record["traits"]["level_kind"] == "channel_sparsity"
    assert block.states[0]["encoder.conv1.weight"].shape == (2, 1, 3, 3)
    assert block.record["channel_sparsity_achieved"] == [0.5]
    assert block.record["sparsity_achieved"] == [1 - left(block, k) / DENSE_WEIGHTS for k in range(2)]
    assert block.model(1)(torch.rand(2, 1, 8, 8)).isfinite().all()


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"method_options": json.dumps({**GMP, "end": 12})}, ConfigError, "training has 12 steps, 0 to 11; lower end"),
        ({"plugin": "random", "method_options": "{}"}, ConfigError, "after their training; run compress.py"),
        ({"plugin": "gpm"}, ConfigError, "unknown compression method 'gpm'.*gmp"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_it_starts(
    tmp_path: Path, changed: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(tmp_path, **changed)
    assert not list((tmp_path / "out").glob("*c.safetensors"))


def test_a_level_that_leaves_no_channel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CompressionError, match=r"without channels: it has 4; allowed: up to 0\.75"):
        small(tmp_path, level="0.80")
    assert not list((tmp_path / "out").glob("*c.safetensors"))
