"""Correlations of activations against numpy, on layers of every kind; constant channels; too few images."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor, nn

from lethe.compress.channels import ChannelGroup, Member
from lethe.compress.methods.merge_activations import SPEC, Options, activation_correlations, correlation
from lethe.core.errors import ConfigError
from lethe.data.augment import to_float
from lethe.networks.spec import Classifier
from support.channels import small_groups, small_inputs
from support.near import assert_near
from support.small import small_images, small_model


def seen(model: Classifier, layer: str, images: Tensor) -> np.ndarray:
    """What a layer reads, one row a channel."""
    kept: list[Tensor] = []
    hook = model.get_submodule(layer).register_forward_pre_hook(lambda module, inputs: kept.append(inputs[0]))
    with torch.no_grad():
        model(to_float(images))
    hook.remove()
    return kept[0].movedim(1, 0).flatten(1).double().numpy()


def correlations(values: np.ndarray) -> np.ndarray:
    """numpy's, with zeros for rows that do not vary."""
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.corrcoef(values))


def test_correlations_are_numpys_averaged_over_the_layers_that_read() -> None:
    model, images = small_model(), small_images(130)  # more than one batch
    found = activation_correlations(model, small_groups(), images)
    for group, gram in zip(small_groups(), found, strict=True):
        expected = np.mean([correlations(seen(model, m.layer, images)) for m in group.of("consumer")], axis=0)
        assert_near(gram.numpy(), expected, atol=1e-9)


@given(st.integers(0, 999), st.integers(2, 9), st.integers(1, 5))
def test_correlation_from_moments(seed: int, count: int, width: int) -> None:
    values = torch.randn(width, count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 3
    values[0] = 1.7  # never changes
    augmented = torch.cat([torch.ones(1, count, dtype=torch.float64), values])
    found = correlation(augmented @ augmented.T)
    expected = np.zeros((width, width))
    expected[1:, 1:] = np.corrcoef(values[1:].numpy()) if width > 1 else 0
    assert_near(found.numpy(), expected, atol=1e-6)
    assert found.diagonal().tolist() == [0.0] + [1.0] * (width - 1)


class Flattened(nn.Module):
    """Maps of 2 x 2 that a linear layer reads as four entries a channel."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, stride=2)
        self.linear = nn.Linear(12, 5)

    def forward(self, images: Any) -> Any:
        return self.linear(self.conv(images).flatten(1))


FLATTENED = (
    ChannelGroup(3, (Member("encoder.conv", "producer"), Member("encoder.linear", "consumer", repeat=4))),
    ChannelGroup(5, (Member("encoder.linear", "producer"), Member("head", "consumer"))),
)


def flattened_model() -> Classifier:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return Classifier(Flattened(), nn.Linear(5, 3), channels=1).eval()


def test_entries_of_a_flattened_channel_are_its_positions() -> None:
    model, images = flattened_model(), small_images(30, size=5)
    normalised = to_float(images)
    maps = model.encoder.conv(normalised).detach()  # type: ignore[operator, union-attr]
    found, behind = activation_correlations(model, FLATTENED, images)
    assert_near(found.numpy(), np.corrcoef(maps.movedim(1, 0).flatten(1).double().numpy()), atol=1e-9)
    assert_near(behind.numpy(), np.corrcoef(seen(model, "head", images)), atol=1e-9)
    merged = SPEC.compress(
        model, 0.4, Options(images=20), small_inputs(FLATTENED, size=5), torch.Generator().manual_seed(0)
    ).model
    assert merged.state_dict()["encoder.linear.weight"].shape == (3, 4)
    assert merged(normalised).shape == (30, 3)


@pytest.mark.parametrize("clusterer", ["kmeans", "greedy"])
def test_channels_that_never_change_are_alike_and_give_numbers(clusterer: str) -> None:
    model = small_model()
    norm: Any = model.get_submodule("encoder.layer2.0.bn1")
    with torch.no_grad():
        norm.weight[[1, 4, 6]] = 0.0
        norm.bias[[1, 4, 6]] = -1.0  # zero after the ReLU
        norm.bias[[0, 2, 3, 5, 7]] = 1.0
        norm.weight[[0, 2, 3, 5, 7]] = 1.0
    merged = SPEC.compress(
        model, 0.25, Options(images=20, clusterer=clusterer), small_inputs(), torch.Generator().manual_seed(0)
    ).model
    assert all(torch.isfinite(value).all() for value in merged.state_dict().values())
    weights = merged.state_dict()["encoder.layer2.0.bn1.weight"]
    assert sorted(weights.tolist()) == [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]


def test_opposite_channels_stay_apart_and_proportional_ones_merge() -> None:
    model = flattened_model()
    conv: Any = model.encoder.conv
    with torch.no_grad():
        conv.weight[1], conv.weight[2] = -conv.weight[0], 2 * conv.weight[0]
    merged = SPEC.compress(
        model, 0.3, Options(images=20), small_inputs(FLATTENED, size=5), torch.Generator().manual_seed(0)
    ).model
    expected = torch.stack([1.5 * conv.weight[0], conv.weight[1]])
    assert_near(merged.state_dict()["encoder.conv.weight"], expected.detach())


def test_too_few_images_are_refused() -> None:
    with pytest.raises(ConfigError, match="images: 25 training images asked for, but there are 24"):
        SPEC.compress(small_model(), 0.5, Options(images=25), small_inputs(), torch.Generator())
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        Options(images=1)


@pytest.mark.parametrize("is_training", [True, False])
def test_the_network_keeps_its_mode_and_no_hook(is_training: bool) -> None:
    model = small_model().train(is_training)
    activation_correlations(model, small_groups(), small_images(4))
    assert all(module.training == is_training and not module._forward_pre_hooks for module in model.modules())
    with pytest.raises(RuntimeError):
        activation_correlations(model, small_groups(), small_images(4, channels=2))
    assert all(module.training == is_training and not module._forward_pre_hooks for module in model.modules())
