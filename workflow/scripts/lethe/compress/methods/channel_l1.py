"""Structured pruning by L1 norm: the channels whose weights have the smallest norm are removed.

score(c) = sum over layers l of the group of ||w_lc||_1,
where w_lc are the weights with which layer l writes or reads channel c.
Source: Li et al. 2017, arXiv:1608.08710; differs: norms are summed over all
layers that a residual stream couples (group norms as in Fang et al. 2023, arXiv:2301.12900), so that one score decides.
"""

from jaxtyping import Float
from torch import Tensor

from lethe.compress.channel_scores import NormOptions, Scores, pruning_by
from lethe.compress.spec import CompressSpec


def l1_norms(rows: Float[Tensor, "channels weights"]) -> Scores:
    """||w_c||_1 of every row."""
    return rows.abs().sum(dim=1)


SPEC = CompressSpec(
    name="channel_l1",
    summary="channels with the smallest L1 norm removed",
    source="Li et al. 2017, arXiv:1608.08710",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    role="method",
    control="channel_random",
    acts_on="channels",
    Options=NormOptions,
    compress=pruning_by(l1_norms),
    channels=True,
)
