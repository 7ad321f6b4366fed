"""The methods that merge channels: clusters in, a network with fewer channels out."""

from collections.abc import Callable, Sequence

import torch

from lethe.compress.channels import ChannelGroup, kept_channels, require_channels
from lethe.compress.gram import Clusters
from lethe.compress.rewire import merge, require_finite, rewire
from lethe.compress.spec import Compressed, Inputs, PostHocOptions
from lethe.networks.spec import Classifier


def merging_by(
    cluster: Callable[[Classifier, ChannelGroup, int, torch.Generator], Clusters],
) -> Callable[[Classifier, float, PostHocOptions, Inputs, torch.Generator], Compressed]:
    """The `compress` of a method that merges channels and looks at no image.

    Args: cluster: (model, group, number of clusters, generator) -> a cluster for every channel of the group.
    """

    def compress(
        model: Classifier, level: float, options: PostHocOptions, inputs: Inputs, generator: torch.Generator
    ) -> Compressed:
        groups = inputs.channel_groups(model)
        return merge_channels(model, groups, level, lambda group, count: cluster(model, group, count, generator))

    return compress


def merge_channels(
    model: Classifier,
    groups: Sequence[ChannelGroup],
    level: float,
    cluster: Callable[[ChannelGroup, int], Clusters],
) -> Compressed:
    """A network in which the given share of every group's channels is merged away.

    Args: cluster: (group, number of clusters) -> a cluster for every channel of the group.
    Raises: CompressionError: a level that leaves a layer without channels, or weights that are not finite.
    """
    require_finite(model.state_dict())
    require_channels(groups, level)
    maps = [merge(cluster(group, kept_channels(group.width, level))) for group in groups]
    return Compressed(rewire(model, groups, maps), {})
