"""The head after compression: a probe of the compressed encoder's features, under the method's masks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from lethe.compress.compressor import Compressor
from lethe.compress.masks import sparsity_of
from lethe.compress.methods.fold import Options as FoldOptions
from lethe.compress.post_hoc import compress_block
from lethe.compress.spec import PostHocOptions
from lethe.core import registry
from lethe.core.seeding import Replicate
from lethe.measures.results.cost import cost_rows
from lethe.networks.checkpoint import Block, read_block, write_block
from lethe.networks.predict import extract_features, predict_logits
from lethe.networks.probe import fit_linear_probe
from support.near import assert_near
from support.small import CPU, small_images, toy_data

pytestmark = pytest.mark.slow


def compressor(method: str, level: str, **options: Any) -> Compressor:
    spec = registry.load(registry.METHODS, method)
    return Compressor("named", spec, spec.Options(**options), level)


def both(dense: tuple[Block, Path], method: str, level: str, **options: Any) -> tuple[Block, Block]:
    """The same compression with a stale and with a refitted head."""
    block, folder = dense
    train = toy_data(folder)[0]
    return tuple(
        compress_block(block, train, compressor(method, level, **options, head=h), CPU) for h in ("stale", "refit")
    )


def test_at_the_identity_level_it_is_the_probe_of_the_dense_encoder(dense: tuple[Block, Path]) -> None:
    block, folder = dense
    train, test = toy_data(folder)
    refit = both(dense, "magnitude_global", "0")[1]
    images, labels = torch.from_numpy(train.images[:]), torch.from_numpy(train.labels)
    for k, seed in enumerate(block.seeds):
        model = CPU.place(block.model(k))
        features = extract_features(model, images)
        generator = Replicate(block.record["study_seed"], seed).numpy("probe")
        probe = fit_linear_probe(features, labels, num_classes=3, generator=generator)
        assert torch.equal(refit.states[k]["head.weight"], probe.weight.float())
        seen = torch.from_numpy(np.array(test.images))
        predictions = predict_logits(refit.model(k), seen).argmax(1)
        assert torch.equal(predictions, probe.predictions(extract_features(model, seen)))


def test_only_the_head_differs_and_the_treatment_says_so(dense: tuple[Block, Path]) -> None:
    stale, refit = both(dense, "random", "0.50", recalibrate=48)
    for one, other in zip(stale.states, refit.states, strict=True):
        assert {name for name in one if not torch.equal(one[name], other[name])} == {"head.weight", "head.bias"}
    treatments = [block.record["traits"]["treatment"] for block in (stale, refit)]
    assert treatments == ["recalibrated", "recalibrated, head refit"]


@pytest.mark.parametrize("method", ["magnitude_global", "random", "iterative_magnitude"])
def test_removed_weights_of_the_head_stay_zero(dense: tuple[Block, Path], method: str) -> None:
    options = {"rounds": 2, "finetune_epochs": 0} if method == "iterative_magnitude" else {}
    stale, refit = both(dense, method, "0.70", **options)
    for k in range(2):
        removed = stale.states[k]["head.weight"] == 0
        assert removed.any() and not removed.all()
        assert (refit.states[k]["head.weight"][removed] == 0).all()
    assert refit.record["sparsity_achieved"] == [
        sparsity_of(refit.model(k), dense[0].model(k)) for k in range(2)
    ]  # measured afterwards
    assert refit.record["sparsity_achieved"] == pytest.approx(stale.record["sparsity_achieved"], abs=0.02)


def test_it_repairs_what_a_mismatch_of_the_head_breaks(dense: tuple[Block, Path]) -> None:
    train = toy_data(dense[1])[0]
    images, labels = torch.from_numpy(train.images[:]), torch.from_numpy(train.labels)

    def loss(compressed: Block) -> float:
        return float(torch.nn.functional.cross_entropy(predict_logits(compressed.model(0), images), labels))

    stale, refit = both(dense, "fold", "0.50")
    assert loss(refit) < loss(stale)


@pytest.mark.parametrize("activations", ["none", "static", "dynamic"])
def test_a_quantised_networks_new_head_is_float_and_fits_the_rounded_features(
    dense: tuple[Block, Path], activations: str, tmp_path: Path
) -> None:
    block, folder = dense
    train = toy_data(folder)[0]
    stale, refit = both(dense, "quantize", "4", activations=activations, images=32)
    assert "head.weight" in stale.record["quantized"] and "head.weight" not in refit.record["quantized"]
    assert set(stale.record["quantized"]) - set(refit.record["quantized"]) == {"head.weight"}
    # 4 bits have 15 values per row.
    assert max(len(row.unique()) for row in stale.states[0]["head.weight"]) <= 15
    packed = [cost_rows(b, (1, 8, 8))["packed_bytes"] for b in (stale, refit)]
    assert (packed[1] > packed[0]).all()
    write_block(tmp_path / "refit.safetensors", refit.states, refit.record)
    model = CPU.place(read_block(tmp_path / "refit.safetensors").model(0))
    assert hasattr(model.head, "input_quantizer") == (activations != "none")
    features = extract_features(model, torch.from_numpy(train.images[:]))
    generator = Replicate(block.record["study_seed"], block.seeds[0]).numpy("probe")
    probe = fit_linear_probe(features, torch.from_numpy(train.labels), num_classes=3, generator=generator)
    assert torch.equal(model.head.weight.data, probe.weight.float())
    assert_near(plain(model, features), predict_logits(model, torch.from_numpy(train.images[:])))
    assert predict_logits(model, small_images()).isfinite().all()


def plain(model: torch.nn.Module, features: Tensor) -> Tensor:
    """The head without rounding what it is given."""
    return torch.nn.functional.linear(features, model.head.weight, model.head.bias).detach()


def test_only_usable_labels_are_seen(dense: tuple[Block, Path]) -> None:
    """Wrong labels outside the labelled images change nothing."""
    block, folder = dense
    train = toy_data(folder)[0]
    chosen = np.flatnonzero(np.arange(len(train)) % 3 == 0)
    labelled = pd.concat([pd.DataFrame({"seed": s, "example_id": train.example_ids[chosen]}) for s in block.seeds])
    wrong = (train.labels + 1) % 3
    wrong[chosen] = train.labels[chosen]
    asked = compressor("random", "0.50", head="refit")
    one, other = (
        compress_block(block, data, asked, CPU, labelled=labelled) for data in (train, replace(train, labels=wrong))
    )
    for k in range(2):
        assert torch.equal(one.states[k]["head.weight"], other.states[k]["head.weight"])
    everything = compress_block(block, train, asked, CPU)
    assert not torch.equal(one.states[0]["head.weight"], everything.states[0]["head.weight"])


@pytest.mark.parametrize(
    "options, words",
    [
        (PostHocOptions(), "raw"),
        (PostHocOptions(head="refit"), "head refit"),
        (PostHocOptions(finetune_epochs=1, recalibrate=5, head="refit"), "fine-tuned, recalibrated, head refit"),
        (FoldOptions(repair="analytic", head="refit"), "analytic, head refit"),
        (FoldOptions(repair="recalibrate", recalibrate=5, finetune_epochs=1), "fine-tuned, recalibrated"),
        (FoldOptions(), "raw"),
    ],
)
def test_treatments_in_words(options: PostHocOptions, words: str) -> None:
    assert options.treatment == words
