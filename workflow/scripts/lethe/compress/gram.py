"""What clusterers compare channels by: the Gram matrix of a group's rows A = [what writes | what reads | batch-norm].

Distances between rows, and so k-means and Ward's method, depend on A A^T alone; it is a sum over the blocks of A, n x n
whatever the width of A, and the same for every level and restart.

Source: Wang et al. 2025, arXiv:2502.10216, section 3 and appendix B.
"""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float64, Int64
from pydantic import Field
from torch import Tensor

from lethe.compress.channels import ChannelGroup, Member
from lethe.compress.rows import channel_rows, deviations, norm_values, normalized_rows
from lethe.compress.spec import PostHocOptions
from lethe.networks.spec import Classifier

Gram = Float64[Tensor, "channels channels"]
# A cluster for every channel.
Clusters = Int64[Tensor, " channels"]
# Rows that are equal bit for bit differ by less than this share of their squared norms: products are rounded.
_ROUNDING = 1e-12


class FeatureOptions(PostHocOptions):
    """Which weights make a channel's row."""

    layers: Literal["both", "producers", "consumers"] = Field(
        default="both", description="rows of the layers that write a channel, of those that read it, or both"
    )
    norms: Literal["columns", "diagonal", "none"] = Field(
        default="columns",
        description="batch-norm in the row: scale and shift as two columns (the authors' code), diagonal matrices of "
        "scale and 1/deviation (the paper), or nothing",
    )
    normalise: bool = Field(
        default=False, description="divide what writes a channel by its batch-norm's deviation (the paper's Fold-AR)"
    )


def group_gram(model: Classifier, group: ChannelGroup, options: FeatureOptions) -> Gram:
    """Gram matrix of a group's rows, float64."""
    parts = [
        *(_producer_gram(model, group, member, options) for member in _compared(group, options)),
        *(_norm_gram(model, group, norm, options) for norm in group.of("norm")),
    ]
    return torch.stack(parts).sum(dim=0)


def _compared(group: ChannelGroup, options: FeatureOptions) -> tuple[Member, ...]:
    """The layers of a group whose weights make the rows."""
    wanted = {
        "both": group.of("producer", "depthwise", "consumer"),
        "producers": group.of("producer", "depthwise"),
        "consumers": group.of("consumer"),
    }
    return wanted[options.layers]


def _producer_gram(model: Classifier, group: ChannelGroup, member: Member, options: FeatureOptions) -> Gram:
    """A layer's part of the Gram matrix."""
    if options.normalise and member.part != "consumer":
        rows = normalized_rows(model, member, group.of("norm"), group.width)
    else:
        rows = channel_rows(model, member, group.width)
    return rows @ rows.T


def _norm_gram(model: Classifier, group: ChannelGroup, norm: Member, options: FeatureOptions) -> Gram:
    """A batch-norm's part of the Gram matrix."""
    scale = norm_values(model, norm, group.width, "weight")
    if options.norms == "columns":
        shift = norm_values(model, norm, group.width, "bias")
        return torch.outer(scale, scale) + torch.outer(shift, shift)
    if options.norms == "diagonal":
        inverse = 0.0 if options.normalise else deviations(model, norm, group.width).reciprocal()
        return torch.diag(scale.square() + inverse**2)
    return torch.zeros(group.width, group.width, dtype=scale.dtype, device=scale.device)


def squared_distances(gram: Gram) -> Gram:
    """||a_i - a_j||^2 = G_ii + G_jj - 2 G_ij; exactly 0 where only rounding tells two rows apart."""
    norms = gram.diagonal()
    both = norms[:, None] + norms[None, :]
    distances = both - 2 * gram
    return distances.where(distances > _ROUNDING * both, 0.0)


def canonical_order(gram: Gram) -> Int64[Tensor, " channels"]:
    """Channels by squared norm, equal ones by the sum of squares of their products with all others.

    A clusterer that works in this order does not depend on the order of the channels. Keys are compared in single
    precision, because sums that are taken in another order differ in their last bits.
    """
    by_products = gram.square().sum(dim=1).float().argsort(stable=True)
    by_norm = gram.diagonal().float()[by_products].argsort(stable=True)
    return by_products[by_norm]


def in_canonical_order(cluster: Callable[[Gram], Clusters], gram: Gram) -> Clusters:
    """Clusters of a clusterer that is shown the channels in canonical order, on one CPU, where sums have one order."""
    there = gram.detach().cpu()
    order = canonical_order(there)
    clusters = torch.empty_like(order)
    clusters[order] = cluster(there[order][:, order])
    return clusters.to(gram.device)
