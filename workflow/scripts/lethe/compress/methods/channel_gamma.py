"""Structured pruning by batch-norm scale: the channels whose batch-norms have the smallest |gamma| are removed.

score(c) = sum over the batch-norms n of the group of |gamma_nc|
Source: Liu et al. 2017, "network slimming", arXiv:1708.06519; differs: the same share of every group is removed
rather than one threshold for the network, and training has no sparsity penalty unless the regime has one.
"""

import torch

from lethe.compress.channel_scores import Scores, prune_channels
from lethe.compress.channels import ChannelGroup
from lethe.compress.rows import norm_values
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.core.errors import CompressionError
from lethe.networks.spec import Classifier


def compress(
    model: Classifier, level: float, options: PostHocOptions, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Remove the given share of every group's channels; looks at no image and draws nothing.

    Raises: CompressionError: a group without batch-norm.
    """

    def score(group: ChannelGroup) -> Scores:
        norms = group.of("norm")
        if not norms:
            raise CompressionError(
                f"channel_gamma ranks channels by their batch-norm, but the channels of layer '{group.name}' have "
                "none; use channel_l1 or channel_l2"
            )
        return torch.stack([norm_values(model, norm, group.width, "weight").abs() for norm in norms]).sum(dim=0)

    return prune_channels(model, level, inputs, score)


SPEC = CompressSpec(
    name="channel_gamma",
    summary="channels with the smallest batch-norm scale removed",
    source="Liu et al. 2017, arXiv:1708.06519",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    role="method",
    control="channel_random",
    acts_on="channels",
    Options=PostHocOptions,
    compress=compress,
    channels=True,
)
