"""A network with other channels: each group's channels become linear combinations of the old ones.

For a group with n channels and k new ones, a map has two matrices of k x n: `out` combines what writes the channels
(rows of producers, depthwise filters, batch-norm parameters and statistics), `into` combines what reads them.
Removing channels selects with both; merging averages with `out` and sums with `into`, which keeps the function of a
network whose merged channels are equal.

Source: Wang et al. 2025, arXiv:2502.10216, section 3.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from lethe.compress.channels import ChannelGroup, Member
from lethe.core.errors import CompressionError
from lethe.networks.shapes import take_shapes
from lethe.networks.spec import Classifier, State


@dataclass(frozen=True)
class ChannelMap:
    """How old channels make the new ones of a group, float64."""

    out: Float[Tensor, "kept channels"]
    into: Float[Tensor, "kept channels"]


def keep(channels: Int[Tensor, " kept"], width: int) -> ChannelMap:
    """Keep some channels, in rising order, and remove the others."""
    chosen = torch.eye(width, dtype=torch.float64)[channels.cpu().sort().values]
    return ChannelMap(chosen, chosen)


def merge(clusters: Int[Tensor, " channels"]) -> ChannelMap:
    """Merge every cluster of channels: mean of what writes, sum of what reads.

    Args: clusters: one for every channel; new channels are ordered by their first member, whatever the numbers.
    """
    members = torch.nn.functional.one_hot(_by_first_member(clusters.cpu())).double().T
    return ChannelMap(members / members.sum(dim=1, keepdim=True), members)


def _by_first_member(clusters: Int[Tensor, " channels"]) -> Int[Tensor, " channels"]:
    """The same clusters, numbered from 0 by their first member."""
    _, numbered = torch.unique(clusters, return_inverse=True)
    positions = torch.arange(len(clusters))
    first = torch.full((int(numbered.max()) + 1,), len(clusters)).scatter_reduce(0, numbered, positions, "amin")
    return first.argsort().argsort()[numbered]


def rewire(
    model: Classifier, groups: Sequence[ChannelGroup], maps: Sequence[ChannelMap], changed: State | None = None
) -> Classifier:
    """A network with the new channels; the given one is left as it was.

    Args: changed: tensors that replace those of the model before they are combined.
    Raises: CompressionError: a weight or statistic is not finite.
    """
    state = {**model.state_dict(), **(changed or {})}
    require_finite(state)
    for key, axes in _axes(groups, maps, state).items():
        for axis, parts in axes.items():
            state[key] = _combined(state[key], axis, parts)
    copy = take_shapes(deepcopy(model), state)
    copy.load_state_dict(state, strict=True)
    return copy


def require_finite(state: Mapping[str, Tensor]) -> None:
    """Refuse a network with a weight or statistic that is infinite or not a number.

    Raises: CompressionError: the first such tensor, by name.
    """
    for key, tensor in state.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise CompressionError(f"'{key}' holds values that are not finite; train the network again before this")


_Part = tuple[Member, Tensor]


def _axes(
    groups: Sequence[ChannelGroup], maps: Sequence[ChannelMap], state: State
) -> dict[str, dict[int, list[_Part]]]:
    """For every tensor and axis, the members whose entries lie there, each with its matrix."""
    axes: dict[str, dict[int, list[_Part]]] = {}
    for group, change in zip(groups, maps, strict=True):
        for member in group.members:
            matrix = change.into if member.part == "consumer" else change.out
            for key, axis in _slices(member, state):
                axes.setdefault(key, {}).setdefault(axis, []).append((member, matrix))
    return axes


def _slices(member: Member, state: State) -> Iterator[tuple[str, int]]:
    """Tensors of a layer, with the axis along which its channels lie."""
    if member.part == "consumer":
        yield f"{member.layer}.weight", 1
        return
    for part in ("weight", "bias", "running_mean", "running_var"):
        if f"{member.layer}.{part}" in state:
            yield f"{member.layer}.{part}", 0


def _combined(tensor: Tensor, axis: int, parts: list[_Part]) -> Tensor:
    """New entries along one axis; entries that belong to no group stay."""
    last = tensor.movedim(axis, 0)
    pieces, reached = [], 0
    for member, matrix in sorted(parts, key=lambda part: part[0].start):
        pieces.append(last[reached : member.start])
        reached = member.start + matrix.shape[1] * member.repeat
        pieces.append(_mapped(last[member.start : reached], matrix.to(tensor.device), member.repeat))
    pieces.append(last[reached:])
    return torch.cat(pieces).movedim(0, axis).contiguous()


def _mapped(entries: Tensor, matrix: Tensor, repeat: int) -> Tensor:
    """Channels combined by a matrix in float64, so that selected ones keep every bit."""
    flat = entries.reshape(matrix.shape[1], -1).to(matrix.dtype)
    return (matrix @ flat).reshape(matrix.shape[0] * repeat, *entries.shape[1:]).to(entries.dtype)
