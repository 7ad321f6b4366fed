"""Iterative magnitude pruning: a little is removed, the rest is fine-tuned, and so on until the level is reached.

After round j of R a share 1 - (1 - s)^(j/R) of the weights is gone: every round removes the same share of those that
remain, smallest |w| first, and `finetune_epochs` of training follow it. Removed weights are 0, hence the smallest of
the next round: masks are nested.
Source: Han et al. 2015, arXiv:1506.02626; rounds as in Renda et al. 2020, arXiv:2003.02389. Differs: fine-tuning runs
at a low rate for a chosen number of epochs, without rewinding weights or learning rate.
"""

from typing import Literal

import torch
from pydantic import Field

from lethe.compress.masks import keep_highest, keep_highest_in_each_layer, masked, prunable_weights
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.core.options import CountOrNone
from lethe.networks.spec import Classifier


class Options(PostHocOptions):
    """How many rounds, how weights are ranked, and the fine-tuning that follows every round."""

    rounds: int = Field(default=5, ge=1, le=1000, description="rounds of pruning, each followed by fine-tuning")
    allocation: Literal["global", "layerwise"] = Field(
        default="global", description="the smallest of the whole network, or the same share of every layer"
    )
    finetune_epochs: CountOrNone = Field(
        default=1, description="epochs of training after every round, masks held; with 0, rounds change nothing"
    )

    @property
    def by_layer(self) -> bool:
        """As `allocation` says."""
        return self.allocation == "layerwise"


def compress(
    model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """One round: remove weights until the given share is gone; looks at no image and draws nothing."""
    scores = {name: weight.abs() for name, weight in prunable_weights(model).items()}
    keep = keep_highest if options.allocation == "global" else keep_highest_in_each_layer
    return masked(model, keep(scores, level))


def rounds(level: float, options: Options) -> tuple[float, ...]:
    """What is gone after every round, the asked level itself at last."""
    before = (1 - (1 - level) ** (number / options.rounds) for number in range(1, options.rounds))
    return (*before, level)


SPEC = CompressSpec(
    name="iterative_magnitude",
    summary="smallest weights removed in rounds, each followed by fine-tuning",
    source="Han et al. 2015, arXiv:1506.02626; Renda et al. 2020, arXiv:2003.02389",
    level_kind="sparsity",
    pairing="post_hoc",
    role="method",
    control="random",
    acts_on="weights",
    Options=Options,
    compress=compress,
    finetunes=True,
    after={"finetune_epochs": 1, "rounds": 5},
    rounds=rounds,
)
