"""Some of the images without colour, each with probability p: luminance 0.2989 R + 0.587 G + 0.114 B in all channels.

Source: torchvision's RandomGrayscale, that draws image by image.
"""

import torch
from pydantic import Field

from lethe.data.pixels import Batch, FloatBatch, as_float, change_some, coins
from lethe.data.view_spec import Probability, ViewOptions, ViewSpec
from lethe.data.view_tone import luminance


class Options(ViewOptions):
    """How many of the images."""

    p: Probability = Field(default=0.2, description="probability of each image to lose its colours")


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """Some of the images without colour."""
    return change_some(as_float(images), coins(len(images), options.p, generator), without_color)


def without_color(images: FloatBatch) -> FloatBatch:
    """Luminance in every channel."""
    return luminance(images).expand_as(images)


SPEC = ViewSpec(
    name="greyscale",
    summary="some images without colour",
    source="torchvision's RandomGrayscale",
    color=True,
    asks=False,
    Options=Options,
    apply=apply,
)
