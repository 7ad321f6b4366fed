"""What folding compares channels by: the Gram matrix of a group's rows A = [what writes | what reads | batch-norm].

Distances between rows, and so k-means and Ward's method, depend on A A^T alone; it is a sum over the blocks of A, n x n
whatever the width of A, and the same for every level and restart.

Source: Wang et al. 2025, arXiv:2502.10216, section 3 and appendix B.
"""

from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from lethe.compress.channels import ChannelGroup, Member
from lethe.compress.rows import channel_rows, deviations, norm_values, normalised_rows
from lethe.compress.spec import PostHocOptions
from lethe.networks.spec import Classifier

Gram = Float[Tensor, "channels channels"]


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
    wanted = {
        "both": group.of("producer", "depthwise", "consumer"),
        "producers": group.of("producer", "depthwise"),
        "consumers": group.of("consumer"),
    }
    return wanted[options.layers]


def _producer_gram(model: Classifier, group: ChannelGroup, member: Member, options: FeatureOptions) -> Gram:
    if options.normalise and member.role != "consumer":
        rows = normalised_rows(model, member, group.of("norm"), group.width)
    else:
        rows = channel_rows(model, member, group.width)
    return rows @ rows.T


def _norm_gram(model: Classifier, group: ChannelGroup, norm: Member, options: FeatureOptions) -> Gram:
    scale = norm_values(model, norm, group.width, "weight")
    if options.norms == "columns":
        shift = norm_values(model, norm, group.width, "bias")
        return torch.outer(scale, scale) + torch.outer(shift, shift)
    if options.norms == "diagonal":
        normaliser = 0.0 if options.normalise else deviations(model, norm, group.width).reciprocal()
        return torch.diag(scale.square() + normaliser**2)
    return torch.zeros(group.width, group.width, dtype=scale.dtype, device=scale.device)
