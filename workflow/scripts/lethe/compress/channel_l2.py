"""Structured pruning by L2 norm: the channels whose weights have the smallest norm are removed.

score(c) = sum over layers l of the group of ||w_lc||_2,
where w_lc are the weights with which layer l writes or reads channel c.
Source: He et al. 2018, arXiv:1808.06866; differs: norms are summed over all
layers that a residual stream couples (group norms as in Fang et al. 2023, arXiv:2301.12900), so that one score decides.
"""

import torch

from lethe.compress.channel_scores import NormOptions, group_norms, prune_channels
from lethe.compress.spec import Compressed, CompressSpec, Inputs
from lethe.models.spec import Classifier


def compress(
    model: Classifier, level: float, options: NormOptions, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Remove the given share of every group's channels; looks at no image and draws nothing."""
    return prune_channels(
        model,
        level,
        inputs,
        lambda group: group_norms(model, group, options, lambda rows: rows.square().sum(dim=1).sqrt()),
    )


SPEC = CompressSpec(
    name="channel_l2",
    summary="channels with the smallest L2 norm removed",
    source="He et al. 2018, arXiv:1808.06866",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    Options=NormOptions,
    compress=compress,
    channels=True,
)
