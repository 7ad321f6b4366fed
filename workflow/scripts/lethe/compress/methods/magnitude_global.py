"""Global magnitude pruning: the weights with the smallest |w| of the whole network are set to 0.

score(w) = |w|, ranked over all layers together, so that large layers lose more than small ones.
Source: Han et al. 2015, arXiv:1506.02626; global ranking as in Frankle and Carbin 2019, arXiv:1803.03635, and in the
one-shot setting of Corti et al. 2022, arXiv:2207.00200 (who rank linear biases too; here biases stay).
"""

import torch

from lethe.compress.masks import keep_highest, masked, prunable_weights
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.networks.spec import Classifier


def compress(
    model: Classifier, level: float, options: PostHocOptions, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Remove the given share of weights, smallest magnitudes first; looks at no image and draws nothing."""
    scores = {name: weight.abs() for name, weight in prunable_weights(model).items()}
    return masked(model, keep_highest(scores, level))


SPEC = CompressSpec(
    name="magnitude_global",
    summary="smallest weights of the whole network removed",
    source="Han et al. 2015, arXiv:1506.02626; Frankle and Carbin 2019, arXiv:1803.03635",
    level_kind="sparsity",
    pairing="post_hoc",
    role="method",
    control="random",
    acts_on="weights",
    Options=PostHocOptions,
    compress=compress,
)
