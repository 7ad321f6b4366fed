"""Which channels each structured method removes, against loops over layers, and what must not matter."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lethe.compress.channel_scores import NormOptions, group_norms
from lethe.compress.channels import ChannelGroup
from lethe.compress.methods import channel_gamma, channel_l1, channel_l2, channel_random
from lethe.compress.rewire import ChannelMap, rewire
from lethe.compress.spec import CompressSpec, PostHocOptions
from lethe.core.errors import CompressionError
from lethe.networks.predict import predict_logits
from lethe.networks.spec import Classifier
from support.channels import permuted, small_groups, small_inputs
from support.near import assert_near
from support.small import small_images, small_model, states_equal


def literal_norms(model: Classifier, group: ChannelGroup, power: float, layers: str) -> list[float]:
    """The group's score of every channel, one weight after the other."""
    state, scores = model.state_dict(), []
    for channel in range(group.width):
        total = 0.0
        for member in group.members:
            weight = state[f"{member.layer}.weight"]
            if member.part == "producer":
                total += float((weight[channel].double().abs() ** power).sum() ** (1 / power))
            if member.part == "consumer" and layers == "all":
                total += float((weight[:, channel].double().abs() ** power).sum() ** (1 / power))
        scores.append(total)
    return scores


@pytest.mark.parametrize(("spec", "power"), [(channel_l1.SPEC, 1.0), (channel_l2.SPEC, 2.0)])
@pytest.mark.parametrize("layers", ["all", "producers"])
def test_the_smallest_group_norms_are_removed(spec: CompressSpec, power: float, layers: str) -> None:
    model, group = small_model(), small_groups()[0]
    scores = literal_norms(model, group, power, layers)
    kept = sorted(sorted(range(4), key=lambda c: scores[c])[2:])
    options = NormOptions(layers=layers)
    pruned = spec.compress(model, 0.5, options, small_inputs(), torch.Generator()).model
    expected = model.state_dict()["encoder.bn1.running_var"][kept]
    assert torch.equal(pruned.state_dict()["encoder.bn1.running_var"], expected)


def test_gamma_removes_the_smallest_scales_of_the_group() -> None:
    model = small_model()
    for norm, scales in (("bn1", [4.0, 1, 2, 3]), ("layer1.0.bn2", [0.0, -9, 0.5, 0.1])):
        model.get_parameter(f"encoder.{norm}.weight").data = torch.tensor(scales)
    pruned = channel_gamma.SPEC.compress(model, 0.5, PostHocOptions(), small_inputs(), torch.Generator()).model
    assert pruned.state_dict()["encoder.bn1.weight"].tolist() == [4.0, 1.0]


def test_gamma_refuses_channels_without_batch_norm() -> None:
    bare = tuple(
        ChannelGroup(group.width, tuple(m for m in group.members if m.part != "norm")) for group in small_groups()
    )
    with pytest.raises(CompressionError, match=r"'encoder\.conv1' have none; use channel_l1"):
        channel_gamma.SPEC.compress(small_model(), 0.5, PostHocOptions(), small_inputs(bare), torch.Generator())


@given(st.lists(st.floats(0.1, 10), min_size=8, max_size=8))
@settings(max_examples=25, deadline=None)
def test_with_batch_norm_the_scale_of_a_layer_that_is_normalised_does_not_matter(factors: list[float]) -> None:
    """conv -> batch-norm is the same function if a channel's weights and its deviation are both multiplied."""
    group, options = small_groups()[2], NormOptions(batch_norm=True, layers="producers")
    model, other = small_model(), small_model()
    for module in (model, other):
        norm = module.get_submodule("encoder.layer2.0.bn1")
        assert isinstance(norm, torch.nn.BatchNorm2d)
        norm.eps = 0.0
    scale = torch.tensor(factors)
    conv, norm = group.of("producer")[0].layer, group.of("norm")[0].layer
    other.get_parameter(f"{conv}.weight").data.mul_(scale.reshape(-1, 1, 1, 1))
    other.get_buffer(f"{norm}.running_var").mul_(scale.square())
    before, after = (group_norms(m, group, options, lambda rows: rows.norm(dim=1)) for m in (model, other))
    assert_near(before, after, rtol=1e-5, atol=1e-8)


def test_per_layer_norms_weigh_all_layers_alike() -> None:
    group, options = small_groups()[0], NormOptions(per_layer=True)
    model, other = small_model(), small_model()
    other.get_parameter("encoder.layer2.0.conv1.weight").data.mul_(100)
    before, after = (group_norms(m, group, options, lambda rows: rows.abs().sum(dim=1)) for m in (model, other))
    assert_near(before, after)
    assert_near(before.mean(), len(group.of("producer", "consumer")))


@pytest.mark.parametrize("spec", [channel_l1.SPEC, channel_l2.SPEC])
def test_the_order_of_channels_does_not_matter(spec: CompressSpec) -> None:
    networks = (small_model(), permuted(small_model(), small_groups()))
    logits = [
        predict_logits(spec.compress(n, 0.5, NormOptions(), small_inputs(), torch.Generator()).model, small_images())
        for n in networks
    ]
    assert_near(*logits, rtol=0, atol=1e-5)


def test_random_channels_are_nested_over_levels_and_differ_between_seeds() -> None:
    def kept(level: float, seed: int) -> set[float]:
        generator = torch.Generator().manual_seed(seed)
        model = channel_random.SPEC.compress(small_model(), level, PostHocOptions(), small_inputs(), generator).model
        return set(model.state_dict()["encoder.layer2.0.bn1.running_var"].tolist())

    assert kept(0.7, 0) < kept(0.5, 0) < kept(0.2, 0)
    assert len({frozenset(kept(0.5, seed)) for seed in range(5)}) > 1


def test_all_groups_are_scored_on_the_given_network() -> None:
    """Which channels of one group go does not depend on the other groups."""
    model, group = small_model(), small_groups()[2]
    alone = channel_l2.SPEC.compress(model, 0.5, NormOptions(), small_inputs((group,)), torch.Generator()).model
    together = channel_l2.SPEC.compress(model, 0.5, NormOptions(), small_inputs(), torch.Generator()).model
    key = "encoder.layer2.0.bn1.running_var"
    assert torch.equal(alone.state_dict()[key], together.state_dict()[key])


def test_channels_of_weight_zero_go_first_and_change_nothing() -> None:
    group, model = small_groups()[2], small_model()
    twice = torch.cat([torch.eye(8), torch.zeros(8, 8)]).double()
    padded = rewire(model, [group], [ChannelMap(twice, twice)])
    wide = (ChannelGroup(16, group.members),)
    pruned = channel_l1.SPEC.compress(padded, 0.5, NormOptions(), small_inputs(wide), torch.Generator()).model
    assert states_equal(pruned.state_dict(), model.state_dict())


def test_norms_of_layers_are_added_and_not_their_squares() -> None:
    """Channel 0 has the norms 3 and 3, channel 1 has 5 and .5: 6 against 5.5, but 18 against 25.25 by squares."""
    first = ChannelGroup(4, tuple(m for m in small_groups()[0].members if m.layer == "encoder.conv1"))
    both = ChannelGroup(4, tuple(m for m in small_groups()[0].members if m.part == "producer"))
    model = small_model()
    for member, norms in zip(both.members, ([3.0, 5.0, 9.0, 9.0], [3.0, 0.5, 9.0, 9.0]), strict=True):
        weight = model.get_parameter(f"{member.layer}.weight").data
        weight.zero_()[:, 0, 0, 0] = torch.tensor(norms)
    l2 = lambda rows: rows.norm(dim=1)  # noqa: E731
    assert_near(group_norms(model, both, NormOptions(layers="producers"), channel_l2.l2_norms), [6.0, 5.5, 18.0, 18.0])
    assert_near(group_norms(model, first, NormOptions(layers="producers"), l2), [3.0, 5.0, 9.0, 9.0])
