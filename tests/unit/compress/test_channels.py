"""Coupled channels: what torch-pruning's graph says of every family, and what is refused by name."""

import json

import pytest
import torch

from lethe.compress.channels import (
    ChannelGroup,
    coupled_channels,
    groups_from_json,
    groups_json,
    kept_channels,
    require_channels,
)
from lethe.core.errors import CompressionError
from lethe.networks.build import Architecture, empty_classifier
from support.channels import small_groups
from support.small import small_model

CIFAR_RESNET18 = Architecture("resnet", {"blocks": [2, 2, 2, 2], "width": 64}, channels=3, classes=10)


def groups_of(architecture: Architecture, size: int = 32) -> tuple[ChannelGroup, ...]:
    return coupled_channels(empty_classifier(architecture), (architecture.channels, size, size))


def test_widths_are_those_of_the_published_networks() -> None:
    published = {0.1: (57, 115, 230, 460), 0.5: (32, 64, 128, 256)}
    for level, widths in published.items():
        assert tuple(kept_channels(width, level) for width in (64, 128, 256, 512)) == widths


@pytest.mark.parametrize(("width", "level", "kept"), [(10, 0.9, 1), (10, 0.7, 3), (100, 0.29, 71), (8, 0.0, 8)])
def test_kept_channels_are_not_lost_to_rounding(width: int, level: float, kept: int) -> None:
    assert kept_channels(width, level) == kept


def test_a_level_without_channels_names_the_layer_and_the_harshest_level() -> None:
    require_channels(small_groups(), 0.75)
    with pytest.raises(CompressionError, match=r"'encoder\.conv1' without channels: it has 4; allowed: up to 0\.75"):
        require_channels(small_groups(), 0.76)


def test_groups_survive_their_file() -> None:
    text = groups_json(small_groups())
    assert groups_from_json(text) == small_groups()
    assert len(json.loads(text)) == 4


@pytest.mark.slow
def test_the_small_network_is_traced_as_written_down() -> None:
    assert coupled_channels(small_model(), (1, 8, 8)) == small_groups()


@pytest.mark.slow
def test_resnet18_has_twelve_groups_and_its_stem_lives_with_the_first_stage() -> None:
    groups = groups_of(CIFAR_RESNET18)
    assert [group.width for group in groups] == [64] * 3 + [128] * 3 + [256] * 3 + [512] * 3
    stem = {member.layer for member in groups[0].of("producer")}
    assert stem == {"encoder.conv1", "encoder.layer1.0.conv2", "encoder.layer1.1.conv2"}
    assert all(norm.source for group in groups for norm in group.of("norm"))
    assert groups_of(CIFAR_RESNET18) == groups


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "size"),
    [
        (Architecture("wrn", {"depth": 10, "widen": 1}, channels=1, classes=4), 16),
        (Architecture("vgg", {"depth": 11, "width": 0.1}, channels=3, classes=10), 32),
        (Architecture("timm", {"model": "mobilenetv2_035"}, channels=3, classes=10), 32),
        (Architecture("timm", {"model": "densenet121"}, channels=3, classes=10), 32),
        (Architecture("timm", {"model": "efficientnet_b0"}, channels=3, classes=10), 32),
    ],
    ids=lambda value: value.options.get("model", value.name) if isinstance(value, Architecture) else "",
)
def test_every_channel_is_in_one_group_and_classes_are_in_none(architecture: Architecture, size: int) -> None:
    model, groups = empty_classifier(architecture), groups_of(architecture, size)
    written: dict[str, list[int]] = {}
    for group in groups:
        for member in group.of("producer"):
            written.setdefault(member.layer, []).extend(range(member.start, member.start + group.width))
    layers = {
        name: layer.weight.shape[0]
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear) and getattr(layer, "groups", 1) == 1
    }
    del layers["head"]
    assert {name: sorted(channels) for name, channels in written.items()} == {
        name: list(range(width)) for name, width in layers.items()
    }


@pytest.mark.slow
def test_a_stream_of_a_preactivation_network_has_batch_norms_without_a_source() -> None:
    groups = groups_of(Architecture("wrn", {"depth": 16, "widen": 1}, channels=1, classes=4), 16)
    sources = {norm.layer: norm.source for group in groups for norm in group.of("norm")}
    assert sources["encoder.stage2.1.bn1"] == ""
    assert sources["encoder.stage2.0.bn2"] == "encoder.stage2.0.conv1"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "layer"),
    [("resnext50_32x4d", "encoder.layer1.0.conv2"), ("convnext_atto", "LayerNorm"), ("regnetx_002", "grouped")],
)
def test_what_cannot_be_merged_is_refused_by_name(model: str, layer: str) -> None:
    with pytest.raises(CompressionError, match=layer):
        groups_of(Architecture("timm", {"model": model}, channels=3, classes=10), 64)


@pytest.mark.slow
def test_tracing_leaves_the_network_as_it_was() -> None:
    model = small_model().requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    coupled_channels(model, (1, 8, 8))
    assert not model.training and not any(p.requires_grad for p in model.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
