"""Random folding, the control: channels are merged without looking at them.

For a group of n channels, k founders are drawn at random and every other channel joins a random one. As in folding,
what writes a merged channel is averaged and what reads it is summed.
Source: control; the merge is that of Wang et al. 2025, arXiv:2502.10216, section 3.
"""

import torch

from lethe.compress.channels import ChannelGroup
from lethe.compress.gram import Clusters
from lethe.compress.merging import merging_by
from lethe.compress.spec import CompressSpec, PostHocOptions
from lethe.networks.spec import Classifier


def random_clusters(num_channels: int, num_clusters: int, generator: torch.Generator) -> Clusters:
    """A cluster from 0 to k - 1 for every channel, none of them empty."""
    labels = torch.randint(num_clusters, (num_channels,), generator=generator)
    founders = torch.randperm(num_channels, generator=generator)[:num_clusters]
    labels[founders] = torch.arange(num_clusters)
    return labels


def clusters(model: Classifier, group: ChannelGroup, count: int, generator: torch.Generator) -> Clusters:
    """Clusters of a group's channels, whatever the network."""
    return random_clusters(group.width, count, generator)


SPEC = CompressSpec(
    name="fold_random",
    summary="channels merged at random: the control for folding",
    source="control; the merge of Wang et al. 2025, arXiv:2502.10216",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    role="random control",
    control="",
    acts_on="clusters",
    Options=PostHocOptions,
    compress=merging_by(clusters),
    channels=True,
)
