"""What the clusterers and the methods that merge channels share: distances from a Gram matrix, an order, the merge."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from lethe.compress.channels import ChannelGroup, kept_channels, require_channels
from lethe.compress.rewire import merge, require_finite, rewire
from lethe.compress.spec import Compressed, Inputs, PostHocOptions
from lethe.networks.spec import Classifier

# Rows that are equal bit for bit differ by less than this share of their squared norms: products are rounded.
_ROUNDING = 1e-12


def squared_distances(gram: Float64[Tensor, "channels channels"]) -> Float64[Tensor, "channels channels"]:
    """||a_i - a_j||^2 = G_ii + G_jj - 2 G_ij; exactly 0 where only rounding tells two rows apart."""
    norms = gram.diagonal()
    both = norms[:, None] + norms[None, :]
    distances = both - 2 * gram
    return distances.where(distances > _ROUNDING * both, 0.0)


def canonical_order(gram: Float[Tensor, "channels channels"]) -> Int64[Tensor, " channels"]:
    """Channels by squared norm, equal ones by the sum of squares of their products with all others.

    A clusterer that works in this order does not depend on the order of the channels. Keys are compared in single
    precision, because sums that are taken in another order differ in their last bits.
    """
    by_products = gram.square().sum(dim=1).float().argsort(stable=True)
    by_norm = gram.diagonal().float()[by_products].argsort(stable=True)
    return by_products[by_norm]


def in_canonical_order(
    cluster: Callable[[Float64[Tensor, "channels channels"]], Int64[Tensor, " channels"]],
    gram: Float64[Tensor, "channels channels"],
) -> Int64[Tensor, " channels"]:
    """Labels of a clusterer that is shown the channels in canonical order, on one CPU, where sums have one order."""
    there = gram.detach().cpu()
    order = canonical_order(there)
    labels = torch.empty_like(order)
    labels[order] = cluster(there[order][:, order])
    return labels.to(gram.device)


def merging_by(
    cluster: Callable[[Classifier, ChannelGroup, int, torch.Generator], Int64[Tensor, " channels"]],
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
    cluster: Callable[[ChannelGroup, int], Int64[Tensor, " channels"]],
) -> Compressed:
    """A network in which the given share of every group's channels is merged away.

    Args: cluster: (group, number of clusters) -> a cluster for every channel of the group.
    Raises: CompressionError: a level that leaves a layer without channels, or weights that are not finite.
    """
    require_finite(model.state_dict())
    require_channels(groups, level)
    maps = [merge(cluster(group, kept_channels(group.width, level))) for group in groups]
    return Compressed(rewire(model, groups, maps), {})
