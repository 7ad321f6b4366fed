"""Structured pruning by L2 norm: the channels whose weights have the smallest norm are removed.

score(c) = sum over layers l of the group of ||w_lc||_2,
where w_lc are the weights with which layer l writes or reads channel c.
Source: He et al. 2018, arXiv:1808.06866; differs: norms are summed over all
layers that a residual stream couples, so that one score decides; Fang et al. 2023, arXiv:2301.12900, add the squares
of the norms instead, so that the largest layer counts for more.
"""

from jaxtyping import Float
from torch import Tensor

from lethe.compress.channel_scores import NormOptions, Scores, pruning_by
from lethe.compress.spec import CompressSpec


def l2_norms(rows: Float[Tensor, "channels weights"]) -> Scores:
    """||w_c||_2 of every row."""
    return rows.square().sum(dim=1).sqrt()


SPEC = CompressSpec(
    name="channel_l2",
    summary="channels with the smallest L2 norm removed",
    source="He et al. 2018, arXiv:1808.06866",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    role="method",
    control="channel_random",
    acts_on="channels",
    Options=NormOptions,
    compress=pruning_by(l2_norms),
    channels=True,
)
