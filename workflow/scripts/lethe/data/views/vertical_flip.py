"""Some of the images turned upside down, each with probability p.

Source: torchvision's RandomVerticalFlip, that draws image by image.
"""

import torch
from pydantic import Field

from lethe.data.pixels import Batch, change_some, coins
from lethe.data.view_spec import Probability, ViewOptions, ViewSpec


class Options(ViewOptions):
    """How many of the images."""

    p: Probability = Field(default=0.5, description="probability of each image to be turned upside down")


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """Images turned upside down at random."""
    return change_some(images, coins(len(images), options.p, generator), lambda part: part.flip(-2))


SPEC = ViewSpec(
    name="vertical_flip",
    summary="some images turned upside down",
    source="torchvision's RandomVerticalFlip",
    color=False,
    asks=True,
    Options=Options,
    apply=apply,
)
