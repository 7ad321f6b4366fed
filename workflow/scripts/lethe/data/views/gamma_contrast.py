"""Gamma and contrast of the images changed at random, each example by its own amounts: jitter for grey images.

With probability p, x becomes x^gamma, then mean + factor (x - mean), cut off at 0 and 1; the logarithm of gamma is
uniform between those of `gamma`, the factor in `contrast`.
Source: torchvision's adjust_gamma and adjust_contrast.
"""

import math
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch import Tensor

from lethe.data.pixels import Batch, FloatBatch, as_float, change_some, coins, per_example, uniform
from lethe.data.view_spec import Ascending, Probability, ViewOptions, ViewSpec
from lethe.data.view_tone import adjust_contrast


class Options(ViewOptions):
    """How strongly and how often."""

    gamma: Annotated[tuple[PositiveFloat, PositiveFloat], Ascending] = Field(
        default=(0.7, 1.4), description="smallest and largest exponent; above 1 is darker"
    )
    contrast: Annotated[tuple[NonNegativeFloat, NonNegativeFloat], Ascending] = Field(
        default=(0.6, 1.4), description="smallest and largest factor about the mean"
    )
    p: Probability = Field(default=0.8, description="probability of each image to be changed")


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """The chosen images in other tones."""
    chosen = coins(len(images), options.p, generator)
    count = int(chosen.sum())
    gamma = uniform(count, (math.log(options.gamma[0]), math.log(options.gamma[1])), generator).exp_()
    factor = uniform(count, options.contrast, generator)
    return change_some(as_float(images), chosen, lambda part: change_tone(part, gamma, factor))


def change_tone(images: FloatBatch, gamma: Float[Tensor, " batch"], factor: Float[Tensor, " batch"]) -> FloatBatch:
    """Every image with its own gamma, then its own contrast."""
    return adjust_contrast(images.pow(per_example(gamma, images)), per_example(factor, images))


SPEC = ViewSpec(
    name="gamma_contrast",
    summary="gamma and contrast changed at random",
    source="torchvision's adjust_gamma and adjust_contrast",
    color=False,
    asks=False,
    Options=Options,
    apply=apply,
)
