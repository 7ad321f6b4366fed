"""What every method that merges channels promises: duplicates, order, widths, bad weights."""

from typing import Any

import pytest
import torch
from torch import nn

from lethe.compress.channels import ChannelGroup, coupled_channels, kept_channels
from lethe.core import registry
from lethe.core.errors import CompressionError
from lethe.networks.build import Architecture
from lethe.networks.predict import predict_logits
from lethe.networks.spec import Classifier
from support.channels import duplicated, permuted, small_groups, small_inputs
from support.near import assert_near
from support.small import small_images, small_model

LOOKING = {  # methods that choose what to merge, with options for a few images
    "merge_greedy": {},
    "merge_activations": {"images": 20},
    "merge_activations, greedy": {"images": 20, "clusterer": "greedy"},
}
METHODS = {**LOOKING, "fold_random": {}}


def model_with_every_branch(architecture: Architecture | None = None) -> Classifier:
    """Fresh residual branches end in a batch-norm of zeros, which would hide what happens inside them."""
    model = small_model() if architecture is None else small_model(architecture=architecture)
    generator = torch.Generator().manual_seed(5)
    for norm in (module for module in model.modules() if isinstance(module, nn.BatchNorm2d)):
        norm.weight.data.uniform_(0.5, 1.5, generator=generator)
        norm.bias.data.normal_(0, 0.2, generator=generator)
    return model


def compressed(
    case: str, model: Classifier, level: float, groups: tuple[ChannelGroup, ...] | None = None, seed: int = 0
) -> Classifier:
    spec = registry.load(registry.METHODS, case.split(",", maxsplit=1)[0])
    options: dict[str, Any] = METHODS[case]
    generator = torch.Generator().manual_seed(seed)
    return spec.compress(model, level, spec.Options(**options), small_inputs(groups), generator).model


@pytest.mark.parametrize("case", LOOKING)
def test_folding_duplicated_channels_to_the_original_width_gives_the_logits(case: str) -> None:
    model = model_with_every_branch()
    doubled, groups = duplicated(model, small_groups())
    images = small_images(40, seed=1)
    shuffled = permuted(doubled, groups, seed=3)
    for network in (doubled, shuffled):
        folded = compressed(case, network, 0.5, groups)
        assert folded.head.weight.shape == model.head.weight.shape
        assert_near(predict_logits(folded, images), predict_logits(model, images), rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("case", LOOKING)
@pytest.mark.parametrize("level", [0.25, 0.5, 0.75])
def test_the_order_of_channels_is_irrelevant(case: str, level: float) -> None:
    model, images = model_with_every_branch(), small_images(40, seed=1)
    logits = [
        predict_logits(compressed(case, network, level), images) for network in (model, permuted(model, small_groups()))
    ]
    assert_near(*logits, rtol=0, atol=1e-5)
    assert (logits[0] - predict_logits(model, images)).abs().max() > 1e-3  # something was merged


@pytest.mark.slow
@pytest.mark.parametrize("case", METHODS)
@pytest.mark.parametrize("level", [0.1, 0.5, 0.75])
def test_every_group_has_the_width_that_is_asked_for(case: str, level: float) -> None:
    folded = compressed(case, small_model(), level)
    for group in small_groups():
        for member in group.of("producer", "norm"):
            assert len(folded.state_dict()[f"{member.layer}.weight"]) == kept_channels(group.width, level)
    assert predict_logits(folded, small_images()).shape == (24, 3)


@pytest.mark.parametrize("case", METHODS)
def test_a_level_without_channels_and_weights_that_are_no_numbers_are_refused(case: str) -> None:
    with pytest.raises(CompressionError, match=r"leaves layer 'encoder\.conv1' without channels"):
        compressed(case, small_model(), 0.8)
    broken = small_model()
    broken.head.weight.data[0, 0] = torch.nan
    with pytest.raises(CompressionError, match=r"'head.weight' holds values that are not finite"):
        compressed(case, broken, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("case", METHODS)
@pytest.mark.parametrize("name", ["resnet", "vgg"])
def test_networks_that_are_traced_are_merged_as_well(case: str, name: str) -> None:
    options = {"resnet": {"blocks": [1, 1], "width": 8}, "vgg": {"depth": 11, "width": 0.125}}[name]
    model = model_with_every_branch(Architecture(name, options, channels=1, classes=3))
    groups = coupled_channels(model, (1, 8, 8))
    assert predict_logits(compressed(case, model, 0.5, groups), small_images()).shape == (24, 3)
    if case in LOOKING:
        doubled, wide = duplicated(model, groups)
        difference = predict_logits(compressed(case, doubled, 0.5, wide), small_images()) - predict_logits(
            model, small_images()
        )
        assert difference.abs().max() <= 1e-5
