"""The control with fewer channels: its initial weights are those of the small width, and so is its size."""

from dataclasses import replace
from math import sqrt

import pytest
import torch
from torch import nn

from lethe.compress.channels import ChannelGroup, Member, coupled_channels, kept_channels
from lethe.compress.methods import small_dense
from lethe.compress.rewire import keep, rewire
from lethe.core.errors import CompressionError
from lethe.networks.build import Architecture, build_classifier
from lethe.networks.spec import Classifier
from support.channels import small_groups, small_inputs
from support.near import assert_near

SCALE = 16


def resnet(width: int, seed: int = 0) -> Classifier:
    return build_classifier(Architecture("resnet", {"blocks": [1, 1], "width": width}, 1, 3), init_seed=seed)


def groups() -> tuple[ChannelGroup, ...]:
    """Those of a network `SCALE` times as wide as the small one."""
    return tuple(replace(group, width=SCALE * group.width) for group in small_groups())


def shrunk(model: Classifier, level: float, coupled: tuple[ChannelGroup, ...]) -> Classifier:
    generator = torch.Generator()
    return small_dense.start(model, level, small_dense.Options(), small_inputs(coupled), generator)


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def test_initial_weights_have_the_spread_of_a_network_built_at_that_width() -> None:
    small = [shrunk(resnet(4 * SCALE, seed), 0.75, groups()).state_dict() for seed in range(4)]
    built = [resnet(SCALE, seed).state_dict() for seed in range(4, 8)]
    for name, tensor in built[0].items():
        assert small[0][name].shape == tensor.shape
        one, other = (torch.cat([state[name].flatten().float() for state in states]) for states in (small, built))
        if name in ("encoder.conv1.weight", "head.weight", "head.bias") or "conv" in name or "downsample.0" in name:
            # Cutting channels out would leave half of it.
            assert_near(one.std() / other.std(), 1, atol=max(0.06, 3 / sqrt(len(one))))
        else:
            assert torch.equal(one, other)


def test_they_are_the_first_channels_of_the_full_network_times_one_factor_a_layer() -> None:
    full = resnet(4 * SCALE)
    before, small = full.state_dict(), shrunk(full, 0.4, groups()).state_dict()
    for name, tensor in small.items():
        first = before[name][tuple(slice(size) for size in tensor.shape)]
        factor = 1.0
        if name.startswith("head"):
            factor = sqrt(before["head.weight"].shape[1] / small["head.weight"].shape[1])
        elif tensor.dim() == 4:
            factor = sqrt(before[name].shape[0] / tensor.shape[0])
        assert_near(tensor, first.double() * factor, rtol=1e-6, atol=0)


@pytest.mark.slow
def test_it_has_as_many_parameters_as_a_network_with_channels_removed() -> None:
    for level in (0.3, 0.5, 0.9):
        small = shrunk(resnet(4 * SCALE), level, groups())
        last = [keep(torch.arange(g.width)[-kept_channels(g.width, level) :], g.width) for g in groups()]
        assert parameters(small) == parameters(rewire(resnet(4 * SCALE), groups(), last))
    assert parameters(shrunk(resnet(4 * SCALE), 0.5, groups())) == parameters(resnet(2 * SCALE))


def test_level_zero_changes_no_bit_and_the_full_network_stays() -> None:
    full = resnet(4)
    before = {name: tensor.clone() for name, tensor in full.state_dict().items()}
    same = shrunk(full, 0.0, small_groups()).state_dict()
    shrunk(full, 0.5, small_groups())
    for name, tensor in full.state_dict().items():
        assert torch.equal(tensor, before[name]) and torch.equal(tensor, same[name])


def test_a_depthwise_filter_keeps_its_size() -> None:
    encoder = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.Conv2d(8, 8, 3, groups=8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)
    )
    members = (Member("encoder.0", "producer"), Member("encoder.1", "depthwise"), Member("encoder.4", "consumer"))
    full = Classifier(encoder, nn.Linear(2, 3), 1)
    small = shrunk(full, 0.75, (ChannelGroup(8, members),)).state_dict()
    assert_near(small["encoder.0.weight"], 2 * full.state_dict()["encoder.0.weight"][:2])
    assert torch.equal(small["encoder.1.weight"], full.state_dict()["encoder.1.weight"][:2])
    assert_near(small["encoder.4.weight"], 2 * full.state_dict()["encoder.4.weight"][:, :2])
    assert torch.equal(small["head.weight"], full.state_dict()["head.weight"])


def test_a_level_that_leaves_no_channel_is_refused() -> None:
    with pytest.raises(CompressionError, match=r"without channels: it has 4; allowed: up to 0\.75"):
        shrunk(resnet(4), 0.8, small_groups())


@pytest.mark.slow
def test_resnet18_at_half_its_channels_has_the_published_size() -> None:
    model = build_classifier(Architecture("resnet", {}, 3, 10), init_seed=0)
    small = shrunk(model, 0.5, coupled_channels(model, (3, 32, 32)))
    assert (parameters(model), parameters(small)) == (11_173_962, 2_797_610)


def test_the_heads_bias_is_drawn_as_widely_as_that_of_a_network_so_narrow() -> None:
    """torch draws it within 1 / sqrt(inputs): .0884 of 128 inputs, .1768 of the 32 that are left."""
    full = [resnet(4 * SCALE, seed) for seed in range(4)]
    assert full[0].head.in_features == 128
    largest = max(float(shrunk(model, 0.75, groups()).state_dict()["head.bias"].abs().max()) for model in full)
    assert 0.0884 < largest <= 0.1768
