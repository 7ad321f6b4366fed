"""Every image turned, scaled and shifted a little about its centre, each in its own way; black where nothing was.

Angles are uniform in [-rotation, rotation], shifts in [-translation, translation] times the size, the scale's
logarithm between those of `scale`; bilinear. Made for small grey images on black, from which crops leave too little.
Source: torchvision's RandomAffine; here shifts are not rounded to whole pixels (an eighth of an 8 x 8 image is one),
and the logarithm of the scale is uniform, so that shrinking and growing are equally likely.
"""

import math
from dataclasses import replace
from typing import Annotated

import torch
from pydantic import Field, PositiveFloat

from lethe.data.pixels import Batch, as_float, uniform
from lethe.data.view_spec import Ascending, ViewOptions, ViewSpec
from lethe.data.view_warp import Motion, at_rest, warp


class Options(ViewOptions):
    """How far images are moved."""

    rotation: float = Field(default=15.0, ge=0, le=180, description="degrees, either way")
    translation: float = Field(default=0.1, ge=0, le=1, description="share of width and height, either way")
    scale: Annotated[tuple[PositiveFloat, PositiveFloat], Ascending] = Field(
        default=(0.8, 1.25), description="smallest and largest scale"
    )


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """Every image moved at random."""
    return warp(as_float(images), draw_motion(images, options, generator))


def draw_motion(images: Batch, options: Options, generator: torch.Generator) -> Motion:
    """One random motion per image."""
    count, (height, width) = len(images), images.shape[2:]
    turn, shift = math.radians(options.rotation), options.translation
    return replace(
        at_rest(count),
        angle=uniform(count, (-turn, turn), generator),
        scale=uniform(count, (math.log(options.scale[0]), math.log(options.scale[1])), generator).exp_(),
        right=uniform(count, (-shift * width, shift * width), generator),
        down=uniform(count, (-shift * height, shift * height), generator),
    )


SPEC = ViewSpec(
    name="affine",
    summary="images turned, scaled and shifted a little",
    source="torchvision's RandomAffine",
    color=False,
    asks=False,
    Options=Options,
    apply=apply,
)
