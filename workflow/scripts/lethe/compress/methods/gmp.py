"""Gradual magnitude pruning: the smallest weights are removed while the network trains, along a cubic schedule.

s_t = s_f (1 - (1 - (t - t0) / (t1 - t0))^3) of the weights are gone after the update at step t; t0 = `begin`,
t1 = `end`, one update every `every` steps and one at `end`. score(w) = |w|, ranked within each layer (`layerwise`) or
over the whole network (`global`): when weights go and where they go are choices of their own.

Removed weights are 0, hence the smallest at the next update: masks are nested, and they are read off the weights, so
that training resumes without a stored mask. A weight that is exactly 0 of itself counts as removed.

Corti et al. state the same schedule as the share of the *remaining* weights that update j removes,
gamma_j = 1 - (1 - s_j) / prod_{m<j} (1 - gamma_m); the product is the density 1 - s_{j-1}, so s_j is reached.

Source: Zhu and Gupta 2017, arXiv:1710.01878, equation 1; layerwise as there and in Corti et al. 2022,
arXiv:2207.00200. Differs: biases stay; the update at `end` is made even where `every` would skip it.
"""

from typing import Literal

import torch
from pydantic import Field, model_validator

from lethe.compress.cubic import CubicSchedule
from lethe.compress.masks import keep_highest, keep_highest_in_each_layer, prunable_weights
from lethe.compress.spec import Inputs, InTrainingOptions, InTrainingSpec
from lethe.core.errors import ConfigError
from lethe.core.options import Count, CountOrNone
from lethe.networks.spec import Classifier, Masks
from lethe.training.plan import MaskSchedule


class Options(InTrainingOptions):
    """When weights are removed, in steps of the whole training, and how they are ranked."""

    begin: CountOrNone = Field(examples=[3], description="step of the first update, which removes nothing yet")
    end: Count = Field(examples=[15], description="step of the last update, which reaches the level")
    every: Count = Field(examples=[4], description="steps from one update to the next")
    allocation: Literal["layerwise", "global"] = Field(
        default="layerwise", description="the same share of every layer, or the smallest of the whole network"
    )

    @property
    def by_layer(self) -> bool:
        """As `allocation` says."""
        return self.allocation == "layerwise"

    @model_validator(mode="after")
    def _rises(self) -> "Options":
        if self.begin >= self.end:
            raise ValueError(f"begin {self.begin} is not before end {self.end}; lower begin or raise end")
        return self


def start(model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator) -> Classifier:
    """The fresh network as it is."""
    return model


def masks(level: float, options: Options, steps: int) -> MaskSchedule:
    """What is held at every step: new masks at an update, between updates whatever is 0 already.

    Args: steps: of the whole training, counted from 0.
    Raises: ConfigError: the last update lies beyond the last step.
    """
    if options.end >= steps:
        raise ConfigError(
            f"end: step {options.end} given, but the training has {steps} steps, 0 to {steps - 1}; lower end, "
            "or train for more epochs"
        )
    schedule = CubicSchedule(level, options.begin, options.end, options.every)

    def held(step: int, model: Classifier) -> Masks:
        sparsity = schedule.sparsity(step)
        if sparsity == 0:
            return {}
        weights = prunable_weights(model)
        if not schedule.is_update(step):
            return {name: weight != 0 for name, weight in weights.items()}
        keep = keep_highest if options.allocation == "global" else keep_highest_in_each_layer
        return keep({name: weight.abs() for name, weight in weights.items()}, sparsity)

    return held


SPEC = InTrainingSpec(
    name="gmp",
    summary="smallest weights removed step by step during training",
    source="Zhu and Gupta 2017, arXiv:1710.01878; Corti et al. 2022, arXiv:2207.00200",
    level_kind="sparsity",
    pairing="in_training",
    role="method",
    control="",
    acts_on="weights",
    Options=Options,
    start=start,
    masks=masks,
)
