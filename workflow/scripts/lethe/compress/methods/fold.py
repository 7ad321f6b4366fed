"""Model folding: similar channels are merged into their mean, and what reads them is summed; no training is needed.

For a group of n coupled channels with rows A = [W_l | W_(l+1)^T | batch-norm], k-means (or Ward's method) finds
clusters that minimise ||A - C A||_F^2, C = U (U^T U)^-1 U^T. All layers of the group share U: producers and batch-norm
are averaged, (U^T U)^-1 U^T W_l; consumers are summed, U^T W_(l+1)^T. Statistics are repaired afterwards or not:
`none` (Fold-naive), `analytic` (Fold-AR, no data), `recalibrate` (Fold-R, unlabelled training images),
`deep_inversion` (Fold-DIR, synthetic images made from the dense network).

Source: Wang, Sikic, Thiele and Saukh 2025, arXiv:2502.10216; differs: every group is clustered on the given network's
weights, so the order of groups does not matter, and k-means runs on the Gram matrix.
"""

from typing import Literal

import torch
from pydantic import Field, model_validator

from lethe.compress.agglomeration import ward
from lethe.compress.analytic import Correlations, repaired
from lethe.compress.channels import kept_channels, require_channels
from lethe.compress.deep_inversion import InversionOptions, invert
from lethe.compress.gram import Clusters, FeatureOptions, Gram, group_gram
from lethe.compress.kmeans import kmeans
from lethe.compress.rewire import ChannelMap, merge, require_finite, rewire
from lethe.compress.spec import Compressed, CompressSpec, Inputs
from lethe.core.options import Count
from lethe.networks.recalibrate import recalibrate
from lethe.networks.spec import Classifier, State


class Options(FeatureOptions):
    """How channels are compared, clustered and repaired."""

    clusterer: Literal["kmeans", "ward"] = Field(default="kmeans", description="k-means, or Ward's agglomeration")
    restarts: Count = Field(default=10, description="k-means starts, of which the best is taken")
    repair: Literal["none", "analytic", "recalibrate", "deep_inversion"] = Field(
        default="none", description="what is done about the statistics of merged channels"
    )
    correlation: Literal["producers", "rows"] = Field(
        default="producers",
        description="analytic repair: cosines of what writes a channel (the paper), or of the rows that were clustered "
        "(the authors' code)",
    )
    spatial_correlation: float = Field(
        default=0.5, ge=0, le=1, description="analytic repair: correlation of neighbouring pixels; 0 as in the paper"
    )
    inversion: InversionOptions = Field(default=InversionOptions(), description="how synthetic images are made")
    legacy_swapped: bool = Field(
        default=False,
        description="sum what writes and average what reads, as a published code does; only to reproduce its tables",
    )

    @model_validator(mode="after")
    def _images_for_the_repair(self) -> "Options":
        """Refuse a number of images without the repair that needs them, and the repair without a number."""
        if (self.repair == "recalibrate") != bool(self.recalibrate):
            raise ValueError(
                f"repair '{self.repair}' with recalibrate {self.recalibrate}: repair recalibrate needs a number of "
                "images, such as recalibrate: 1000, and the other repairs need recalibrate: 0"
            )
        return self

    @property
    def repairs(self) -> list[str]:
        """What is done about the statistics of merged channels, in words."""
        words = {"analytic": ["analytic"], "deep_inversion": ["deep inversion"], "recalibrate": ["recalibrated"]}
        return words.get(self.repair, [])


def compress(
    model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Merge the given share of every group's channels away.

    Raises: CompressionError: a level that leaves a layer without channels, a layer that cannot be merged, or weights
        that are not finite.
    """
    require_finite(model.state_dict())
    groups = inputs.channel_groups(model)
    require_channels(groups, level)
    maps: list[ChannelMap] = []
    changed: State = {}
    for group in groups:
        gram = group_gram(model, group, options)
        clusters = _clusters(gram, kept_channels(group.width, level), options, generator)
        change = merge(clusters)
        maps.append(ChannelMap(out=change.into, into=change.out) if options.legacy_swapped else change)
        if options.repair == "analytic":
            clustered = gram if options.correlation == "rows" else None
            changed = repaired(model, group, clusters, changed, Correlations(options.spatial_correlation, clustered))
    folded = rewire(model, groups, maps, changed)
    if options.repair == "deep_inversion":
        images = invert(model, inputs.pool.shape[1:], options.inversion, generator)
        recalibrate(folded, images)
    return Compressed(folded, {})


def _clusters(gram: Gram, count: int, options: Options, generator: torch.Generator) -> Clusters:
    """The clusters of one group by the chosen clusterer."""
    if options.clusterer == "ward":
        return ward(gram, count)
    return kmeans(gram, count, generator, restarts=options.restarts)


SPEC = CompressSpec(
    name="fold",
    summary="similar channels merged into their mean",
    source="Wang et al. 2025, arXiv:2502.10216",
    level_kind="channel_sparsity",
    pairing="post_hoc",
    role="method",
    control="fold_random",
    acts_on="clusters",
    Options=Options,
    compress=compress,
    channels=True,
)
