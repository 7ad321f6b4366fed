"""Random pruning, the control: weights are removed without looking at them.

score(w) ~ U(0, 1), drawn once per seed whatever the level, ranked over all layers together: masks are nested.
Source: control in Frankle and Carbin 2019, arXiv:1803.03635, among many.
"""

import torch

from lethe.compress.masks import keep_highest, masked, prunable_weights
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.networks.spec import Classifier


def compress(
    model: Classifier, level: float, options: PostHocOptions, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Remove the given share of weights at random; looks at no image."""
    scores = {
        name: torch.rand(weight.shape, generator=generator).to(weight.device)
        for name, weight in prunable_weights(model).items()
    }
    return masked(model, keep_highest(scores, level))


SPEC = CompressSpec(
    name="random",
    summary="weights removed at random: the control",
    source="control in Frankle and Carbin 2019, arXiv:1803.03635",
    level_kind="sparsity",
    pairing="post_hoc",
    role="random control",
    control="",
    acts_on="weights",
    Options=PostHocOptions,
    compress=compress,
)
