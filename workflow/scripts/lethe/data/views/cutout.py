"""A square of every image painted over, its centre anywhere, each image its own.

The square's side is `size` times the image's height; what lies outside the image is cut off. Bytes stay bytes.
Source: DeVries and Taylor 2017, arXiv:1708.04552; half the height and mid-grey as Sohn et al. 2020, arXiv:2001.07685.
"""

import torch
from jaxtyping import Int64
from pydantic import Field
from torch import Tensor

from lethe.data.pixels import Batch, change_some, coins
from lethe.data.view_spec import Probability, ViewOptions, ViewSpec


class Options(ViewOptions):
    """How large the squares are, and how bright."""

    size: float = Field(default=0.5, gt=0, le=1, description="side of the square over the image's height")
    fill: float = Field(default=0.5, ge=0, le=1, description="brightness of the square")
    p: Probability = Field(default=1.0, description="probability of each image to be painted over")


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """Some of the images with a random square painted over."""
    chosen = coins(len(images), options.p, generator)
    draws = torch.rand((2, int(chosen.sum())), generator=generator, device=generator.device)
    height, width = images.shape[2:]
    side = max(round(height * options.size), 1)
    top, left = (draws[0] * height).long() - side // 2, (draws[1] * width).long() - side // 2
    return change_some(images, chosen, lambda part: paint_squares(part, top, left, side, options.fill))


def paint_squares(
    images: Batch, top: Int64[Tensor, " batch"], left: Int64[Tensor, " batch"], side: int, fill: float
) -> Batch:
    """A square with its own corner, which may lie outside, painted over every image."""
    rows = _inside(top.to(images.device), side, images.shape[2])[:, None, :, None]
    columns = _inside(left.to(images.device), side, images.shape[3])[:, None, None, :]
    return images.masked_fill(rows & columns, fill if images.is_floating_point() else round(255 * fill))


def _inside(start: Tensor, side: int, length: int) -> Tensor:
    """Which pixels of one axis belong to the square."""
    position = torch.arange(length, device=start.device)
    return (position >= start[:, None]) & (position < start[:, None] + side)


SPEC = ViewSpec(
    name="cutout",
    summary="a random square of every image painted over",
    source="DeVries and Taylor 2017, arXiv:1708.04552",
    color=False,
    asks=False,
    Options=Options,
    apply=apply,
)
