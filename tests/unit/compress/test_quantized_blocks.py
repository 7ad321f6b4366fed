"""Quantised blocks: what a checkpoint keeps, recalibration, how much of the predictions is left."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lethe.compress.compressor import Compressor
from lethe.compress.methods.quantize import SPEC, Options
from lethe.compress.post_hoc import compress_block
from lethe.networks.checkpoint import Block, read_block, write_block
from lethe.networks.predict import predict_logits
from support.small import CPU, small_images, toy_data


def compressor(level: str, **options: Any) -> Compressor:
    return Compressor("named", SPEC, Options(**{"images": 32, **options}), level)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{}, {"activations": "dynamic", "recalibrate": 64}, {"activations": "none"}, {"recalibrate": 64}]
)
def test_a_block_that_is_written_and_read_gives_the_same_logits(
    dense: tuple[Block, Path], options: dict[str, Any], tmp_path: Path
) -> None:
    block, folder = dense
    compressed = compress_block(block, toy_data(folder)[0], compressor("4", **options), CPU)
    write_block(tmp_path / "compressed.safetensors", compressed.states, compressed.record)
    again = read_block(tmp_path / "compressed.safetensors")
    for k in range(2):
        logits = predict_logits(compressed.model(k), small_images())
        assert torch.equal(predict_logits(again.model(k), small_images()), logits)
        assert not torch.equal(predict_logits(block.model(k), small_images()), logits)
    assert again.record["simulated"] is True
    assert again.record["quantized"]["head.weight"] == 4


def test_recalibration_keeps_the_grid_and_the_ranges(dense: tuple[Block, Path]) -> None:
    block, folder = dense
    train = toy_data(folder)[0]
    raw, recalibrated = (compress_block(block, train, compressor("4", recalibrate=count), CPU) for count in (0, 64))
    for one, other in zip(raw.states, recalibrated.states, strict=True):
        changed = {name for name in one if not torch.equal(one[name], other[name])}
        assert changed
        assert all(name.endswith(("running_mean", "running_var", "num_batches_tracked")) for name in changed)


def test_eight_bits_keep_the_predictions_and_two_do_not(dense: tuple[Block, Path]) -> None:
    block, folder = dense
    train, test = toy_data(folder)
    images = torch.from_numpy(np.array(test.images))
    logits = predict_logits(block.model(0), images)

    def error(level: str, **options: Any) -> float:
        new = predict_logits(compress_block(block, train, compressor(level, **options), CPU).model(0), images)
        return float((new - logits).norm() / logits.norm())

    assert error("8") < 0.05 < error("2")
    # Static ranges of 32 images clip others; ranges of each image itself leave rounding alone.
    assert error("16", activations="dynamic") < 1e-3
