"""Layer-wise magnitude pruning: every layer loses the same share of its weights, smallest |w| first.

score(w) = |w|, ranked within each layer.
Source: Han et al. 2015, arXiv:1506.02626; uniform allocation as in Zhu and Gupta 2017, arXiv:1710.01878.
"""

import torch

from lethe.compress.masks import keep_highest_in_each_layer, masked, prunable_weights
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.networks.spec import Classifier


class Options(PostHocOptions):
    """Those of every method."""

    @property
    def by_layer(self) -> bool:
        """Always."""
        return True


def compress(
    model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Remove the given share of every layer's weights; looks at no image and draws nothing."""
    scores = {name: weight.abs() for name, weight in prunable_weights(model).items()}
    return masked(model, keep_highest_in_each_layer(scores, level))


SPEC = CompressSpec(
    name="magnitude_layerwise",
    summary="smallest weights of every layer removed, the same share in each",
    source="Han et al. 2015, arXiv:1506.02626; Zhu and Gupta 2017, arXiv:1710.01878",
    level_kind="sparsity",
    pairing="post_hoc",
    role="method",
    control="random",
    acts_on="weights",
    Options=Options,
    compress=compress,
)
