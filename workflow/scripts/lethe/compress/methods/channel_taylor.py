"""Structured pruning by Taylor expansion: channels whose removal changes the loss least, to first order, are removed.

A channel is thought to be multiplied by a gate z = 1 where it leaves the layers that scale it: the batch-norms of its
group, or the layers that write it where none follows. All layers of a group share the gate, as they share the channel.
With E_n the cross entropy of labelled training image n of N,

    score(c) = 1/N sum_n (dE_n / dz_c)^2 = 1/N sum_n (sum_s g_ns w_s)^2,    g_ns = dE_n / dw_s

where s runs over the parameters of channel c in the gated layers: scales and shifts of batch-norms, or filters and
biases. The network is in evaluation mode, so that E_n depends on image n alone.

Source: Molchanov et al. 2019, arXiv:1906.10771, gates behind batch-norm, with the gradient of every example by itself
(in its tables "Taylor FO-FG"); differs: the same share of every group is removed at once, where the paper removes few
channels of the whole network at a time while it trains on.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float, Int64, UInt8
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lethe.compress.channel_scores import prune_channels
from lethe.compress.channels import ChannelGroup, Member
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.core.errors import CompressionError
from lethe.core.options import Count
from lethe.data.augment import to_float
from lethe.networks.spec import Classifier

_BATCH = 128
Gates = dict[str, Float[Tensor, "batch channels"]]


class Options(PostHocOptions):
    """How many images are looked at."""

    images: Count = Field(
        default=256, examples=[20], description="labelled training images of whose losses gradients are taken"
    )

    @property
    def labelled_images_asked(self) -> dict[str, int]:
        """Those of whose losses gradients are taken."""
        return {"images": self.images}


def compress(
    model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Remove the given share of every group's channels; looks at labelled images and draws nothing.

    Raises:
        ConfigError: more images asked for than there are with a label that may be used.
        CompressionError: a group that the loss does not depend on.
    """
    groups = inputs.channel_groups(model)
    images, labels = inputs.labelled_images(options.images, purpose="images")
    scores = dict(zip(groups, taylor_scores(model, groups, images, labels), strict=True))
    return prune_channels(model, level, inputs, scores.__getitem__)


def taylor_scores(
    model: Classifier,
    groups: Sequence[ChannelGroup],
    images: UInt8[Tensor, "examples channels height width"],
    labels: Int64[Tensor, " examples"],
) -> tuple[Float[Tensor, " _"], ...]:
    """Mean over images of the squared derivative of the loss by every gate, for every group."""
    gated = [gated_members(group) for group in groups]
    totals = [torch.zeros(group.width, dtype=torch.float64, device=images.device) for group in groups]
    layers = sorted({member.layer for members in gated for member in members})
    for batch, given in zip(torch.split(images, _BATCH), torch.split(labels, _BATCH), strict=True):
        with torch.enable_grad(), _gates(model, layers) as gates:
            loss = cross_entropy(model(to_float(batch)), given, reduction="sum")
            slopes = _slopes(loss, gates, layers)
        for number, members in enumerate(gated):
            of_group = [_of_channels(slopes[member.layer], member, groups[number].width) for member in members]
            totals[number] += torch.stack(of_group).sum(dim=0).square().sum(dim=0)
    return tuple(total / len(images) for total in totals)


def gated_members(group: ChannelGroup) -> tuple[Member, ...]:
    """The layers at which a group's channels are gated: its batch-norms, and what writes channels that none follows."""
    norms = group.of("norm")
    followed = {norm.source for norm in norms}
    if "" in followed:  # it reads a stream of several layers
        return norms
    return (*norms, *(m for m in group.of("producer", "depthwise") if m.layer not in followed))


@contextmanager
def _gates(model: Classifier, layers: Sequence[str]) -> Iterator[Gates]:
    """Gates of 1, one per image and channel, that layers multiply their outputs by; filled in the forward pass."""
    gates: Gates = {}

    def gate(name: str, layer: nn.Module, output: Tensor) -> Tensor:
        axis = output.dim() - 1 if isinstance(layer, nn.Linear) else 1
        if name not in gates:
            gates[name] = output.new_ones(len(output), output.shape[axis]).requires_grad_()
        shape = [size if at in (0, axis) else 1 for at, size in enumerate(output.shape)]
        return output * gates[name].view(shape)

    hooks = [
        model.get_submodule(name).register_forward_hook(lambda layer, _, output, name=name: gate(name, layer, output))
        for name in layers
    ]
    was_training = [layer.training for layer in model.modules()]
    try:
        model.eval()
        yield gates
    finally:
        for layer, mode in zip(model.modules(), was_training, strict=True):
            layer.training = mode
        for hook in hooks:
            hook.remove()


def _slopes(loss: Tensor, gates: Gates, layers: Sequence[str]) -> dict[str, Tensor]:
    """Derivative of every image's loss by its gates, float64."""
    unseen = next((name for name in layers if name not in gates), None)
    found: Sequence[Any] = [] if unseen else torch.autograd.grad(loss, [gates[n] for n in layers], allow_unused=True)
    unseen = unseen or next((name for name, slope in zip(layers, found, strict=True) if slope is None), None)
    if unseen:
        raise CompressionError(
            f"the loss does not depend on the channels of layer '{unseen}'; choose another network, or a method that "
            "looks at weights alone"
        )
    return {name: slope.double() for name, slope in zip(layers, found, strict=True)}


def _of_channels(slopes: Float[Tensor, "batch entries"], member: Member, width: int) -> Float[Tensor, "batch channels"]:
    """The slopes of a layer's entries that carry a group's channels, added up by channel."""
    own = slopes[:, member.start : member.start + width * member.repeat]
    return own.reshape(len(own), width, member.repeat).sum(dim=2)


SPEC = CompressSpec(
    name="channel_taylor",
    summary="channels removed whose gates have the smallest slopes of the loss",
    source="Molchanov et al. 2019, arXiv:1906.10771",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    role="method",
    control="channel_random",
    acts_on="channels",
    Options=Options,
    compress=compress,
    channels=True,
    labels=True,
)
