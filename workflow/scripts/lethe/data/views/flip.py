"""Some of the images mirrored left to right, each with probability p.

Source: torchvision's RandomHorizontalFlip, that draws image by image.
"""

import torch
from pydantic import Field

from lethe.data.pixels import Batch, change_some, coins
from lethe.data.view_spec import Probability, ViewOptions, ViewSpec


class Options(ViewOptions):
    """How many of the images."""

    p: Probability = Field(default=0.5, description="probability of each image to be mirrored left to right")


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """Images mirrored left to right at random."""
    return change_some(images, coins(len(images), options.p, generator), lambda part: part.flip(-1))


SPEC = ViewSpec(
    name="flip",
    summary="some images mirrored left to right",
    source="torchvision's RandomHorizontalFlip",
    color=False,
    asks=True,
    Options=Options,
    apply=apply,
)
