"""Coupled channels: which slices of which tensors carry the same channel, so that they go or merge together.

A residual stream couples every layer that writes to it with every layer that reads from it; torch-pruning's
dependency graph finds that by tracing one forward pass. ResNet-18 has 12 groups: the stem with stage 1, one stream
for each other stage, and the inside of each of its eight blocks.

Source: Fang et al. 2023, DepGraph, arXiv:2301.12900; differs: a group is described, not changed in rank.
"""

import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from lethe.core.errors import CompressionError
from lethe.networks.products import multiplies_by_its_weight
from lethe.networks.spec import Classifier
from lethe.store.records import read_sealed, stated, write_sealed

Part = Literal["producer", "depthwise", "norm", "consumer"]
WAY_OUT = "choose another network, or a method that keeps all channels"


@dataclass(frozen=True)
class Member:
    """One layer's part in a group: `repeat` consecutive entries per channel from `start` on.

    Attributes:
        layer: the layer's name in the network.
        part: producers write the channels, depthwise convolutions and batch-norms pass them on one by one, consumers
            read them.
        source: for a batch-norm, the producer whose output it alone reads; empty for one on a shared stream.
    """

    layer: str
    part: Part
    start: int = 0
    repeat: int = 1
    source: str = ""


@dataclass(frozen=True)
class ChannelGroup:
    """Channels that live and die together: channel c is the c-th slice of every member."""

    width: int
    members: tuple[Member, ...]

    @property
    def name(self) -> str:
        """The group's first producer, for messages."""
        return self.of("producer")[0].layer

    def of(self, *parts: Part) -> tuple[Member, ...]:
        """The members that play some parts."""
        return tuple(member for member in self.members if member.part in parts)


def groups_json(groups: Sequence[ChannelGroup]) -> str:
    """Groups as text."""
    return json.dumps([asdict(group) for group in groups])


def groups_from_json(text: str) -> tuple[ChannelGroup, ...]:
    """What `groups_json` wrote."""
    return tuple(ChannelGroup(g["width"], tuple(Member(**m) for m in g["members"])) for g in json.loads(text))


def write_groups(path: Path, groups: Sequence[ChannelGroup], record: dict[str, Any]) -> None:
    """Write groups with a record of what made them."""
    write_sealed(path, {**record, "groups": [asdict(group) for group in groups]})


def read_groups(path: Path) -> tuple[ChannelGroup, ...]:
    """What `write_groups` wrote.

    Raises: SchemaError: as `store.records.read_sealed`.
    """
    return groups_from_json(json.dumps(stated(read_sealed(path), "groups", path)))


def kept_channels(width: int, level: float) -> int:
    """int(width * (1 - level)) channels are kept, in exact arithmetic: 0.9 of 10 channels leaves one, not zero.

    Source: the authors' CIFAR widths, 57/115/230/460 of ResNet-18 at level 0.1 (Wang et al. 2025, arXiv:2502.10216).
    """
    return int(width * (1 - level) + 1e-9)


def require_channels(groups: Sequence[ChannelGroup], level: float) -> None:
    """Refuse a level that would leave a group without channels.

    Raises: CompressionError: with the narrowest group and the harshest level that leaves it a channel.
    """
    narrowest = min(groups, key=lambda group: group.width)
    if kept_channels(narrowest.width, level) < 1:
        raise CompressionError(
            f"channel sparsity {level:g} leaves layer '{narrowest.name}' without channels: it has {narrowest.width}; "
            f"allowed: up to {1 - 1 / narrowest.width:.4g}, or choose a wider network"
        )


def coupled_channels(model: Classifier, image_shape: Sequence[int]) -> tuple[ChannelGroup, ...]:
    """All groups of a network, in the order of its layers; its input channels and classes belong to none.

    Args: image_shape: channels, height, width of the images it takes.
    Raises: CompressionError: a layer whose channels cannot be removed or merged, by name.
    """
    from torch_pruning import DependencyGraph

    device = next(model.parameters()).device
    images = torch.zeros(2, *image_shape, device=device)
    was_training, needed = model.training, [p.requires_grad for p in model.parameters()]
    model.eval().requires_grad_(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of how deep it had to look
            graph = DependencyGraph().build_dependency(model, example_inputs=images, verbose=False)
            found = list(graph.get_all_groups(ignored_layers=[model.head], root_module_types=[nn.Conv2d, nn.Linear]))
    # Whatever torch-pruning raises at operators that it does not know.
    except Exception as error:
        raise CompressionError(
            "which channels of this network are coupled cannot be found; torch-pruning ends with "
            f"{type(error).__name__}: {error}; {WAY_OUT}"
        ) from error
    finally:
        model.train(was_training)
        for parameter, need in zip(model.parameters(), needed, strict=True):
            parameter.requires_grad_(need)
    names = {module: name for name, module in model.named_modules()}
    rank = {name: number for number, name in enumerate(names.values())}
    groups = [_group(graph, group, names, rank) for group in found]
    if not groups:
        raise CompressionError("this network has no channels that can be removed or merged; choose one with layers")
    return tuple(sorted(groups, key=lambda group: rank[group.name]))


def _group(graph: Any, found: Any, names: dict[nn.Module, str], rank: dict[str, int]) -> ChannelGroup:
    """One group that torch-pruning found, its members in the order of the network's layers."""
    width = len(found[0].idxs)
    members = [
        _member(graph, dependency, list(positions), width, names)
        for dependency, positions in found
        if not type(dependency.target.module).__name__.startswith("_")
    ]
    ordered = sorted(set(members), key=lambda member: (rank[member.layer], member.part))
    return ChannelGroup(width, tuple(ordered))


def _member(graph: Any, dependency: Any, positions: list[int], width: int, names: dict[nn.Module, str]) -> Member:
    """A layer's part in a group, from the positions of the group's channels in its tensors."""
    layer = dependency.target.module
    name = names.get(layer, str(dependency.target.name))
    part = _part(layer, name, dependency)
    repeat = len(positions) // width
    if positions != list(range(positions[0], positions[0] + width * repeat)):
        raise _unfit(name, "its channels do not lie side by side")
    source = _source(graph.module2node[layer], names) if part == "norm" else ""
    return Member(name, part, positions[0], repeat, source)


def _part(layer: nn.Module, name: str, dependency: Any) -> Part:
    """What a layer does with a group's channels; one that can neither lose nor merge channels is refused by name."""
    if isinstance(layer, nn.BatchNorm2d) and layer.affine:
        return "norm"
    if isinstance(layer, nn.Conv2d | nn.Linear) and not multiplies_by_its_weight(layer):
        raise _unfit(name, f"a {type(layer).__name__} does not multiply by the weight that it stores as it is")
    if isinstance(layer, nn.Conv2d) and layer.groups > 1:
        if layer.groups == layer.in_channels == layer.out_channels:
            return "depthwise"
        raise _unfit(name, f"it is a grouped convolution ({layer.groups} groups); depthwise and ordinary ones can be")
    if isinstance(layer, nn.Conv2d | nn.Linear):
        is_output = dependency.handler.__name__ == "prune_out_channels"
        return "producer" if is_output else "consumer"
    raise _unfit(name, f"it is a {type(layer).__name__}; known: Conv2d, Linear, BatchNorm2d with scale and shift")


def _unfit(name: str, reason: str) -> CompressionError:
    """The error for a layer whose channels must stay."""
    return CompressionError(f"the channels of layer '{name}' cannot be removed or merged: {reason}; {WAY_OUT}")


def _source(norm: Any, names: dict[nn.Module, str]) -> str:
    """The layer whose output goes to this batch-norm and nowhere else, empty if there is none."""
    before = norm.inputs
    # A batch-norm with a built-in activation is traced as two nodes.
    while len(before) == 1 and "BatchNorm" in str(before[0].name) and before[0].module not in names:
        norm, before = before[0], before[0].inputs
    if len(before) != 1 or not isinstance(before[0].module, nn.Conv2d | nn.Linear):
        return ""
    return names[before[0].module] if list(before[0].outputs) == [norm] else ""
