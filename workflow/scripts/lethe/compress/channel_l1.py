"""Structured pruning by L1 norm: the channels whose weights have the smallest norm are removed.

score(c) = sum over layers l of the group of ||w_lc||_1,
where w_lc are the weights with which layer l writes or reads channel c.
Source: Li et al. 2017, arXiv:1608.08710; differs: norms are summed over all
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
        model, level, inputs, lambda group: group_norms(model, group, options, lambda rows: rows.abs().sum(dim=1))
    )


SPEC = CompressSpec(
    name="channel_l1",
    summary="channels with the smallest L1 norm removed",
    source="Li et al. 2017, arXiv:1608.08710",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    Options=NormOptions,
    compress=compress,
    channels=True,
)
