"""The weights of a group's layers by channel: one row per channel, in float64."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from lethe.compress.channels import Member
from lethe.networks.spec import Classifier


def channel_rows(model: Classifier, member: Member, width: int) -> Float[Tensor, "channels weights"]:
    """A layer's weights, flattened by the channel that they write or read."""
    layer: Any = model.get_submodule(member.layer)
    entries = layer.weight.detach().movedim(1 if member.part == "consumer" else 0, 0)
    return entries[member.start : member.start + width * member.repeat].reshape(width, -1).double()


def norm_values(model: Classifier, member: Member, width: int, part: str) -> Float[Tensor, " channels"]:
    """A batch-norm's weight, bias, running_mean or running_var."""
    values: Tensor = getattr(model.get_submodule(member.layer), part)
    return values.detach()[member.start : member.start + width].double()


def deviations(model: Classifier, member: Member, width: int) -> Float[Tensor, " channels"]:
    """sqrt(variance + eps), what a batch-norm divides by."""
    layer: Any = model.get_submodule(member.layer)
    return norm_values(model, member, width, "running_var").add(layer.eps).sqrt()


def normalized_rows(
    model: Classifier, member: Member, norms: tuple[Member, ...], width: int
) -> Float[Tensor, "channels weights"]:
    """A producer's rows over the deviations of the batch-norm that reads it alone; as they are where there is none."""
    rows = channel_rows(model, member, width)
    for norm in norms:
        if norm.source == member.layer:
            return rows / deviations(model, norm, width)[:, None]
    return rows


def cosines(gram: Float[Tensor, "channels channels"]) -> Float[Tensor, "channels channels"]:
    """Cosines between the rows whose Gram matrix this is; 0 for a row of zeros, 1 with itself."""
    size = gram.diagonal().clamp_min(0).sqrt()
    cosine = gram / (size[:, None] * size[None, :]).clamp_min(torch.finfo(gram.dtype).tiny)
    return cosine.clamp(-1, 1).fill_diagonal_(1.0)
