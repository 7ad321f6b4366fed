"""After compression: recalibration against batch statistics, fine-tuning with masks held, the record."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lethe.compress.compressor import Compressor
from lethe.compress.masks import sparsity_of
from lethe.compress.post_hoc import compress_block
from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.data.augment import to_float
from lethe.networks.checkpoint import Block
from lethe.networks.predict import predict_logits
from lethe.networks.recalibrate import recalibrate
from lethe.store.provenance import networks_record
from support.near import assert_near
from support.small import CPU, small_images, small_model, states_equal, toy_data


def compressor(method: str, level: str, **options: object) -> Compressor:
    spec = registry.load(registry.METHODS, method)
    return Compressor("named", spec, spec.Options(**options), level)


def test_recalibration_gives_the_statistics_of_the_images() -> None:
    model, images = small_model(), small_images(40)
    recalibrate(model, images)
    seen: dict[str, torch.Tensor] = {}
    norms = {n: m for n, m in model.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    first = next(iter(norms))
    norms[first].register_forward_pre_hook(lambda module, inputs: seen.update(x=inputs[0]))
    model(to_float(images))
    assert_near(norms[first].running_mean, seen["x"].mean((0, 2, 3)), rtol=1e-4, atol=1e-5)
    assert_near(norms[first].running_var, seen["x"].var((0, 2, 3)), rtol=1e-4, atol=1e-5)
    assert all(norm.momentum == 0.1 and not norm.training for norm in norms.values())


def test_recalibration_forgets_the_old_statistics() -> None:
    one, other = small_model(), small_model()
    for norm in (m for m in other.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        norm.running_mean.fill_(7.0)
    recalibrate(one, small_images(600))
    recalibrate(other, small_images(600))
    assert states_equal(one.state_dict(), other.state_dict())


@pytest.mark.slow
def test_recalibration_repairs_a_pruned_network(dense: tuple[Block, Path]) -> None:
    block, folder = dense
    train, test = toy_data(folder)
    images, labels = torch.from_numpy(np.array(test.images)), torch.from_numpy(test.labels)

    def loss(level: str, **options: object) -> float:
        compressed = compress_block(block, train, compressor("magnitude_global", level, **options), CPU)
        logits = predict_logits(compressed.model(0), images)
        return float(torch.nn.functional.cross_entropy(logits, labels))

    assert loss("0.70", recalibrate=96) < loss("0.70")


@pytest.mark.slow
def test_the_record_says_what_was_asked_and_achieved(dense: tuple[Block, Path]) -> None:
    block, folder = dense
    record = compress_block(block, toy_data(folder)[0], compressor("random", "0.50"), CPU).record
    assert (record["method"], record["traits"]["plugin"], record["level"]) == ("named", "random", "0.50")
    assert record["level_asked"] == 0.5
    assert record["sparsity_achieved"] == pytest.approx([0.5, 0.5], abs=1e-3)
    assert (record["traits"]["pairing"], record["traits"]["treatment"]) == ("paired", "raw")


def test_the_traits_are_those_of_the_method_and_its_treatment(dense: tuple[Block, Path]) -> None:
    block, folder = dense
    asked = compressor("magnitude_global", "0.50", recalibrate=10)
    assert compress_block(block, toy_data(folder)[0], asked, CPU).record["traits"] == {
        "plugin": "magnitude_global",
        "level_kind": "sparsity",
        "pairing": "paired",
        "treatment": "recalibrated",
        "acts_on": "weights",
        "role": "method",
        "control": "random",
    }


def test_fine_tuning_keeps_removed_weights_at_zero_and_moves_the_others(dense: tuple[Block, Path]) -> None:
    block, folder = dense
    train = toy_data(folder)[0]
    plain = compress_block(block, train, compressor("magnitude_global", "0.80"), CPU)
    tuned = compress_block(block, train, compressor("magnitude_global", "0.80", finetune_epochs=2), CPU)
    for k in range(2):
        dense_model = block.model(k)
        left = sparsity_of(plain.model(k), dense_model)
        assert sparsity_of(tuned.model(k), dense_model) == pytest.approx(left, abs=1e-9)
        removed = plain.states[k]["head.weight"] == 0
        assert (tuned.states[k]["head.weight"][removed] == 0).all()
        assert not torch.equal(tuned.states[k]["head.weight"], plain.states[k]["head.weight"])


def test_more_calibration_images_than_there_are_is_an_error(dense: tuple[Block, Path]) -> None:
    block, folder = dense
    with pytest.raises(ConfigError, match="500 training images asked for, but there are 96"):
        compress_block(block, toy_data(folder)[0], compressor("random", "0.50", recalibrate=500), CPU)


@pytest.mark.parametrize(
    ("method", "level", "weights", "channels", "achieved"),
    [
        # Groups of 4 and 8 channels lose one each: 6 of the 36 outputs of convolutions.
        (
            "channel_l1",
            "0.01",
            1 - (27 + 81 + 81 + 189 + 441 + 21 + 21) / (36 + 144 + 144 + 288 + 576 + 32 + 24),
            1 / 6,
            1 / 6,
        ),
        ("random", "0.50", 0.5, 0.0, 0.5),
        ("quantize", "2", 0.0, 0.0, None),  # most weights are 0, and none was removed
    ],
)
def test_the_record_says_how_much_of_what_a_level_counts_is_gone(
    dense: tuple[Block, Path], method: str, level: str, weights: float, channels: float, achieved: float | None
) -> None:
    block, folder = dense
    options = {"activations": "none"} if method == "quantize" else {}
    made = compress_block(block, toy_data(folder)[0], compressor(method, level, **options), CPU)
    assert made.record["sparsity_achieved"] == pytest.approx([weights] * 2, abs=1e-3)
    assert made.record["channel_sparsity_achieved"] == pytest.approx([channels] * 2)
    found = networks_record(made.record).get("achieved")
    assert found is None if achieved is None else found == pytest.approx(achieved, abs=1e-3)
    assert networks_record({"cell": {}, **networks_record(made.record)}).get("achieved") == found
