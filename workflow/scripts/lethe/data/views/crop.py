"""Every image moved by up to some pixels in each direction, black where nothing was.

The image is padded by P = ceil(padding height) pixels on every side, and cut to its size from a corner that is
uniform in 0..2P, each example its own.
Source: torchvision's RandomCrop(size, padding), that draws image by image.
"""

import math

import torch
from jaxtyping import Int64
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from lethe.data.pixels import Batch
from lethe.data.view_spec import ViewOptions, ViewSpec


class Options(ViewOptions):
    """How far images are moved: by default 4 pixels at 32, as usual for CIFAR, and 1 at 8."""

    padding: float = Field(default=0.125, ge=0, le=1, description="most pixels moved over the height, rounded up")


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """Every image moved at random."""
    padding = math.ceil(images.shape[2] * options.padding)
    shape = (2, len(images))
    offsets = torch.randint(2 * padding + 1, shape, generator=generator, device=generator.device).to(images.device)
    return shifted_crop(images, padding, offsets[0], offsets[1])


def shifted_crop(images: Batch, padding: int, top: Int64[Tensor, " batch"], left: Int64[Tensor, " batch"]) -> Batch:
    """Every image padded with zeros, then cut to its size from its own corner in 0..2 padding."""
    batch, channels, height, width = images.shape
    padded = functional.pad(images, (padding,) * 4).contiguous()
    rows, columns = height + 2 * padding, width + 2 * padding
    # Every run of `width` pixels in memory is a row of this overlapping view; picking rows copies whole runs and is
    # several times faster than an index for every pixel.
    runs = padded.as_strided((max(padded.numel() - width + 1, 0), width), (1, 1))
    planes = torch.arange(batch * channels, device=images.device).view(batch, channels, 1) * (rows * columns)
    corners = (top * columns + left)[:, None, None]
    starts = planes + corners + torch.arange(height, device=images.device) * columns
    return runs.index_select(0, starts.flatten()).view(batch, channels, height, width)


SPEC = ViewSpec(
    name="crop",
    summary="images moved by up to an eighth of their height",
    source="torchvision's RandomCrop",
    color=False,
    asks=True,
    Options=Options,
    apply=apply,
)
