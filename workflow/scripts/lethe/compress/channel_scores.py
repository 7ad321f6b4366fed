"""Scores of coupled channels from the weights of their group, and the pruning that keeps the highest.

A channel's score is a sum over every layer of its group, because removing it removes its slice of all of them.
"""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from lethe.compress.channels import ChannelGroup, kept_channels, require_channels
from lethe.compress.rewire import keep, rewire
from lethe.compress.rows import channel_rows, deviations, norm_values
from lethe.compress.spec import Compressed, Inputs, PostHocOptions
from lethe.networks.spec import Classifier

Scores = Float[Tensor, " channels"]
Norm = Callable[[Float[Tensor, "channels weights"]], Scores]


class NormOptions(PostHocOptions):
    """Which rows of a group are measured, and whether batch-norm scales them."""

    layers: Literal["producers", "all"] = Field(
        default="all", description="rows of the layers that write a channel, or of those that read it too"
    )
    batch_norm: bool = Field(
        default=False, description="multiply a row by |scale| / sqrt(variance) of the batch-norm behind it"
    )
    per_layer: bool = Field(
        default=False, description="divide every layer's norms by their mean, so that no layer outweighs the others"
    )


def group_norms(
    model: Classifier,
    group: ChannelGroup,
    options: NormOptions,
    norm: Norm,
) -> Scores:
    """Norm of every channel's rows, summed over the layers of the group."""
    layers = []
    for member in group.of("producer", "depthwise", *(("consumer",) if options.layers == "all" else ())):
        rows = channel_rows(model, member, group.width)
        if options.batch_norm and member.part != "consumer":
            rows = rows * _norm_factor(model, group, member.layer)
        size = norm(rows)
        layers.append(size / size.mean().clamp_min(1e-30) if options.per_layer else size)
    return torch.stack(layers).sum(dim=0)


def _norm_factor(model: Classifier, group: ChannelGroup, layer: str) -> Float[Tensor, "channels 1"] | float:
    """|scale| / sqrt(variance) of the batch-norm that reads this layer alone; 1 where there is none."""
    for norm in group.of("norm"):
        if norm.source == layer:
            scale = norm_values(model, norm, group.width, "weight").abs()
            return (scale / deviations(model, norm, group.width))[:, None]
    return 1.0


def pruning_by(norm: Norm) -> Callable[[Classifier, float, NormOptions, Inputs, torch.Generator], Compressed]:
    """The `compress` of a method that ranks channels by a norm of their rows; it looks at no image, draws nothing."""

    def compress(
        model: Classifier, level: float, options: NormOptions, inputs: Inputs, generator: torch.Generator
    ) -> Compressed:
        return prune_channels(model, level, inputs, lambda group: group_norms(model, group, options, norm))

    return compress


def prune_channels(
    model: Classifier, level: float, inputs: Inputs, score: Callable[[ChannelGroup], Scores]
) -> Compressed:
    """A network without the lowest-scored channels of every group, all groups scored on the given network.

    Channels of equal score go in the order of their numbers, so that kept channels are nested over levels.
    Raises: CompressionError: a level that leaves a layer without channels, or a layer that cannot lose any.
    """
    groups = inputs.channel_groups(model)
    require_channels(groups, level)
    maps = []
    for group in groups:
        rising = torch.argsort(score(group), stable=True)
        maps.append(keep(rising[group.width - kept_channels(group.width, level) :], group.width))
    return Compressed(rewire(model, groups, maps), {})
