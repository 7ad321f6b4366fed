"""Some of the images with their bright pixels inverted, each with probability p: x becomes 1 - x where x >= threshold.

Source: torchvision's RandomSolarize; Grill et al. 2020, arXiv:2006.07733, appendix B.
"""

import torch
from pydantic import Field

from lethe.data.pixels import Batch, as_float, change_some, coins
from lethe.data.view_spec import Probability, ViewOptions, ViewSpec
from lethe.data.view_tone import solarize


class Options(ViewOptions):
    """Which pixels of how many images."""

    threshold: float = Field(default=0.5, ge=0, le=1, description="darkest value that is inverted, in 0..1")
    p: Probability = Field(default=0.1, description="probability of each image to be solarized")


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """Some of the images solarised."""
    chosen = coins(len(images), options.p, generator)
    return change_some(as_float(images), chosen, lambda part: solarize(part, options.threshold))


SPEC = ViewSpec(
    name="solarize",
    summary="some images with bright pixels inverted",
    source="torchvision's RandomSolarize; Grill et al. 2020, arXiv:2006.07733",
    color=False,
    asks=False,
    Options=Options,
    apply=apply,
)
