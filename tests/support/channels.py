"""The small ResNet's coupled channels, written down: tracing would import torch-pruning, which takes seconds."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from lethe.compress.channels import ChannelGroup, Member
from lethe.compress.rewire import ChannelMap, rewire
from lethe.compress.spec import Inputs
from lethe.networks.spec import Classifier
from support.small import small_images

_FIRST = "encoder.layer1.0"
_SECOND = "encoder.layer2.0"


def small_groups() -> tuple[ChannelGroup, ...]:
    """What `coupled_channels(small_model(), ...)` finds; a slow test holds the two equal."""
    return (
        ChannelGroup(
            4,
            (
                Member("encoder.conv1", "producer"),
                Member("encoder.bn1", "norm", source="encoder.conv1"),
                Member(f"{_FIRST}.conv1", "consumer"),
                Member(f"{_FIRST}.conv2", "producer"),
                Member(f"{_FIRST}.bn2", "norm", source=f"{_FIRST}.conv2"),
                Member(f"{_SECOND}.conv1", "consumer"),
                Member(f"{_SECOND}.downsample.0", "consumer"),
            ),
        ),
        _inside(4, _FIRST),
        _inside(8, _SECOND),
        ChannelGroup(
            8,
            (
                Member(f"{_SECOND}.conv2", "producer"),
                Member(f"{_SECOND}.bn2", "norm", source=f"{_SECOND}.conv2"),
                Member(f"{_SECOND}.downsample.0", "producer"),
                Member(f"{_SECOND}.downsample.1", "norm", source=f"{_SECOND}.downsample.0"),
                Member("head", "consumer"),
            ),
        ),
    )


def _inside(width: int, block: str) -> ChannelGroup:
    """Channels between a block's two convolutions."""
    return ChannelGroup(
        width,
        (
            Member(f"{block}.conv1", "producer"),
            Member(f"{block}.bn1", "norm", source=f"{block}.conv1"),
            Member(f"{block}.conv2", "consumer"),
        ),
    )


def small_inputs(
    groups: tuple[ChannelGroup, ...] | None = None, *, count: int = 24, size: int = 8, labels: bool = False
) -> Inputs:
    """Noise images in a fixed order, with the small ResNet's groups unless others are given.

    Args: labels: whether they have labels, of three classes.
    """
    pool = small_images(count, size=size).numpy()
    drawn = np.random.default_rng(1).integers(3, size=count) if labels else None
    order = np.random.default_rng(0).permutation(count)
    return Inputs(pool, order, torch.device("cpu"), groups or small_groups(), drawn)


def duplicated(model: Classifier, groups: Sequence[ChannelGroup]) -> tuple[Classifier, tuple[ChannelGroup, ...]]:
    """A network of the same function with every channel twice, c and c + width, and what reads them halved."""
    maps = []
    for group in groups:
        twice = torch.eye(group.width, dtype=torch.float64).repeat(2, 1)
        maps.append(ChannelMap(out=twice, into=twice / 2))
    doubled = tuple(
        replace(group, width=2 * group.width, members=tuple(replace(m, start=2 * m.start) for m in group.members))
        for group in groups
    )
    return rewire(model, groups, maps), doubled


def permuted(model: Classifier, groups: Sequence[ChannelGroup], seed: int = 0) -> Classifier:
    """A network of the same function with the channels of every group in another order."""
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.eye(g.width, dtype=torch.float64)[torch.randperm(g.width, generator=generator)] for g in groups]
    return rewire(model, groups, [ChannelMap(order, order) for order in orders])
