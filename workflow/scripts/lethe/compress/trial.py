"""Whether a network still computes when channels are gone: half of every group is cut, and one image run.

That layers are coupled can be found without a network noticing that it holds the old width elsewhere: in a number
that a layer was built with, in a fixed filter, in a reshape.
"""

from collections.abc import Sequence

import torch

from lethe.compress.channels import WAY_OUT, ChannelGroup
from lethe.compress.rewire import keep, rewire
from lethe.core.errors import CompressionError
from lethe.networks.spec import Classifier


def require_cuttable(model: Classifier, groups: Sequence[ChannelGroup], image_shape: Sequence[int]) -> None:
    """Refuse a network that does not run, or gives no logits, without half of the channels of every group.

    Args: image_shape: channels, height, width of the images it takes.
    Raises: CompressionError: with the layer that was at work and what it said.
    """
    halves = [keep(torch.arange(max(1, group.width // 2)), group.width) for group in groups]
    at_work: list[str] = []
    try:
        half = rewire(model, groups, halves).eval()
        for name, layer in half.named_modules():
            layer.register_forward_pre_hook(lambda *_, name=name: at_work.append(name))
        with torch.no_grad():
            shape = tuple(half(torch.zeros(1, *image_shape, device=next(model.parameters()).device)).shape)
    # Whatever a network raises that was built for another width.
    except Exception as error:
        where = f"layer '{at_work[-1]}' says" if at_work else "its layers do not fit together:"
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CompressionError(
            f"this network does not run without half of its channels: {where} {first}; {WAY_OUT}"
        ) from error
    if shape != (1, model.head.out_features):
        raise CompressionError(
            f"this network gives outputs of shape {shape} without half of its channels, not "
            f"(1, {model.head.out_features}); {WAY_OUT}"
        )
