"""Channels that fire together are merged: clusters from the correlation of activations on unlabelled training images.

With x_i the values of channel i where a layer reads it, over all images and positions,
    C_ij = mean (x_i - mean_i)(x_j - mean_j) / (deviation_i deviation_j),
averaged over the layers that read the channels. C is the Gram matrix of the standardised activations; k-means on it, or
greedy joining, gives the clusters. A channel that never changes has a row of zeros: all of those are alike.

Source: Stoica et al. 2023, ZipIt, arXiv:2305.03053 (merging within one network, correlation of activations); differs:
k-means by default where they join pairs greedily; whole residual streams are merged at once; nothing stays unzipped.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import torch
from jaxtyping import Float64, UInt8
from pydantic import Field
from torch import Tensor, nn

from lethe.compress.agglomeration import greedy
from lethe.compress.channels import ChannelGroup, Member, require_channels
from lethe.compress.gram import Clusters, Gram
from lethe.compress.kmeans import kmeans
from lethe.compress.merging import merge_channels
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.core.options import MOST
from lethe.data.augment import to_float
from lethe.networks.spec import Classifier

Moments = Float64[Tensor, "moments moments"]
_BATCH = 100
# Below this share of its mean square, a channel's variance is rounding.
_CONSTANT = 1e-10


class Options(PostHocOptions):
    """How many images are looked at, and what finds the clusters."""

    images: int = Field(
        default=500,
        ge=2,
        le=MOST,
        examples=[20],
        description="unlabelled training images on which activations are compared",
    )
    clusterer: Literal["kmeans", "greedy"] = Field(
        default="kmeans", description="k-means on standardised activations, or most correlated first as in ZipIt"
    )

    @property
    def images_asked(self) -> dict[str, int]:
        """Those that are compared, and those of the recalibration."""
        return {**super().images_asked, "images": self.images}


def compress(
    model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Merge the given share of every group's channels away.

    Raises:
        ConfigError: more images asked for than there are.
        CompressionError: a level that leaves a layer without channels, a layer that cannot be merged, or weights
            that are not finite.
    """
    groups = inputs.channel_groups(model)
    require_channels(groups, level)
    images = inputs.images(options.images, purpose="images")
    correlations = dict(zip(groups, activation_correlations(model, groups, images), strict=True))

    def cluster(group: ChannelGroup, count: int) -> Clusters:
        if options.clusterer == "greedy":
            return greedy(correlations[group], count)
        return kmeans(correlations[group], count, generator)

    return merge_channels(model, groups, level, cluster)


@torch.no_grad()
def activation_correlations(
    model: Classifier, groups: Sequence[ChannelGroup], images: UInt8[Tensor, "examples channels height width"]
) -> tuple[Tensor, ...]:
    """Correlations between the channels of every group, averaged over the layers that read them; float64."""
    moments = [
        {m: images.new_zeros(group.width + 1, group.width + 1, dtype=torch.float64) for m in group.of("consumer")}
        for group in groups
    ]
    hooks = [
        model.get_submodule(member.layer).register_forward_pre_hook(partial(_add_moments, total, member))
        for of_group in moments
        for member, total in of_group.items()
    ]
    was_training = model.training
    try:
        model.eval()
        for batch in torch.split(images, _BATCH):
            model(to_float(batch))
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    return tuple(torch.stack([correlation(total) for total in of_group.values()]).mean(dim=0) for of_group in moments)


def _add_moments(total: Moments, member: Member, layer: nn.Module, inputs: tuple[Any, ...]) -> None:
    """Add [1 | x]^T [1 | x] of what a layer reads, x of (images and positions, channels), to the total."""
    width = len(total) - 1
    entries = inputs[0].movedim(-1 if isinstance(layer, nn.Linear) else 1, 0)
    values = entries[member.start : member.start + width * member.repeat].reshape(width, -1).double()
    values = torch.cat([torch.ones_like(values[:1]), values])
    total += values @ values.T


def correlation(moments: Moments) -> Gram:
    """Correlations from [1 | x]^T [1 | x]; rows of zeros for channels that do not vary."""
    mean = moments[0, 1:] / moments[0, 0]
    square = moments[1:, 1:] / moments[0, 0]
    covariance = square - torch.outer(mean, mean)
    variance = covariance.diagonal()
    varies = variance > _CONSTANT * square.diagonal()
    scale = torch.where(varies, variance, torch.inf).rsqrt()
    cosine = (covariance * torch.outer(scale, scale)).clamp(-1, 1)
    return cosine.fill_diagonal_(0.0) + torch.diag(varies.double())


SPEC = CompressSpec(
    name="merge_activations",
    summary="channels merged whose activations correlate",
    source="Stoica et al. 2023, ZipIt, arXiv:2305.03053",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    role="method",
    control="fold_random",
    acts_on="clusters",
    Options=Options,
    compress=compress,
    channels=True,
)
