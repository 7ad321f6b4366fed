"""Structured pruning at random, the control: channels are removed without looking at them.

score(c) ~ U(0, 1), drawn once per seed whatever the level, so that kept channels are nested over levels.
Source: control in Li et al. 2017, arXiv:1608.08710, section 4.4.
"""

import torch

from lethe.compress.channel_scores import prune_channels
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.networks.spec import Classifier


def compress(
    model: Classifier, level: float, options: PostHocOptions, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Remove the given share of every group's channels at random; looks at no image."""
    return prune_channels(model, level, inputs, lambda group: torch.rand(group.width, generator=generator))


SPEC = CompressSpec(
    name="channel_random",
    summary="channels removed at random: the control",
    source="control in Li et al. 2017, arXiv:1608.08710",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    role="random control",
    control="",
    acts_on="channels",
    Options=PostHocOptions,
    compress=compress,
    channels=True,
)
