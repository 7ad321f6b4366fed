"""Iterative feature merging: the two most alike channels of a group are merged, again and again.

Channel i has the row a_i of all weights that write it and all that read it. The pair with the smallest ||a_i - a_j||^2
becomes one channel with the mean row, weighted by how many channels each stands for, until k are left. Nothing is done
about the statistics of merged channels; `recalibrate` is the shared option.

Source: Chen, Zhou and Yan 2023, arXiv:2310.06756 (distances as in the published code, which looks at the weights on
both sides and not at batch-norms); differs: every group is merged to the same share of its channels instead of to a
threshold of distance, the residual stream of the first stage included; the network gets the mean of what writes and the
sum of what reads, while pairs are compared by means on both sides, so that equal channels stay equal however many they
are.
"""

import torch

from lethe.compress.agglomeration import greedy
from lethe.compress.channels import ChannelGroup
from lethe.compress.gram import Clusters, FeatureOptions, group_gram
from lethe.compress.merging import merging_by
from lethe.compress.spec import CompressSpec, PostHocOptions
from lethe.networks.spec import Classifier

_WEIGHTS_ALONE = FeatureOptions(layers="both", norms="none", normalise=False)


def clusters(model: Classifier, group: ChannelGroup, count: int, generator: torch.Generator) -> Clusters:
    """The clusters that are left of a group's channels; nothing is drawn."""
    return greedy(group_gram(model, group, _WEIGHTS_ALONE), count)


SPEC = CompressSpec(
    name="merge_greedy",
    summary="most alike pair of channels merged first, by weights",
    source="Chen, Zhou and Yan 2023, arXiv:2310.06756",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    role="method",
    control="fold_random",
    acts_on="clusters",
    Options=PostHocOptions,
    compress=merging_by(clusters),
    channels=True,
)
