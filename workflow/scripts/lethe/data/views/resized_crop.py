"""A random part of every image, stretched to the image's size, bilinear.

The part has a share of the area that is uniform in `scale`, a width over height whose logarithm is uniform between
those of `ratio`, and a uniform position, each example its own.
Source: torchvision's RandomResizedCrop, that draws image by image.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import torch
from jaxtyping import Float, Int64
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from lethe.data.pixels import Batch, as_float
from lethe.data.view_spec import Ascending, ViewOptions, ViewSpec

_ATTEMPTS = 10
_Share = Annotated[float, Field(gt=0, le=1)]
_Ratio = Annotated[float, Field(gt=0)]


class Options(ViewOptions):
    """Which parts are taken, by default as torchvision does."""

    scale: Annotated[tuple[_Share, _Share], Ascending] = Field(
        default=(0.08, 1.0), description="smallest and largest share of the area"
    )
    ratio: Annotated[tuple[_Ratio, _Ratio], Ascending] = Field(
        default=(3 / 4, 4 / 3), description="smallest and largest width over height"
    )


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """A random part of every image, stretched to the image's size."""
    return resized_crop(as_float(images), draw_boxes(images.shape, options.scale, options.ratio, generator))


@dataclass(frozen=True)
class Boxes:
    """One box per image, in pixels."""

    top: Int64[Tensor, " batch"]
    left: Int64[Tensor, " batch"]
    height: Int64[Tensor, " batch"]
    width: Int64[Tensor, " batch"]


def draw_boxes(
    shape: Sequence[int], scale: tuple[float, float], ratio: tuple[float, float], generator: torch.Generator
) -> Boxes:
    """One random box per image of a batch of this shape.

    The first of ten draws that fits is taken; if none fits, the largest centred box whose ratio is allowed.

    Args:
        scale: smallest and largest share of the area.
        ratio: smallest and largest width over height; the logarithm is uniform.
    Source: torchvision's RandomResizedCrop, that draws image by image.
    """
    batch, _, rows, columns = shape
    area = rows * columns * _uniform(generator, scale, (_ATTEMPTS, batch))
    aspect = _uniform(generator, (math.log(ratio[0]), math.log(ratio[1])), (_ATTEMPTS, batch)).exp()
    width, height = (area * aspect).sqrt().round().long(), (area / aspect).sqrt().round().long()
    fits = (width > 0) & (width <= columns) & (height > 0) & (height <= rows)
    first = fits.int().argmax(0, keepdim=True)
    central = _central_box(rows, columns, ratio)
    fallen_back = ~fits.any(0)
    height = torch.where(fallen_back, central[0], height.gather(0, first)[0])
    width = torch.where(fallen_back, central[1], width.gather(0, first)[0])
    position = torch.rand((2, batch), generator=generator, device=generator.device)
    top, left = (position[0] * (rows - height + 1)).long(), (position[1] * (columns - width + 1)).long()
    return Boxes(
        torch.where(fallen_back, (rows - height) // 2, top),
        torch.where(fallen_back, (columns - width) // 2, left),
        height,
        width,
    )


def resized_crop(
    images: Float[Tensor, "batch channels height width"], boxes: Boxes
) -> Float[Tensor, "batch channels height width"]:
    """Every image's box stretched to the image's size, bilinear.

    A box is never larger than the image, so nothing is shrunk and antialiasing would change nothing.
    """
    _, _, height, width = images.shape
    y = _sampled(boxes.top, boxes.height, height, images.device)
    x = _sampled(boxes.left, boxes.width, width, images.device)
    # grid_sample wants (x, y) with -1 and 1 at the outer edges of the outer pixels.
    grid = torch.empty((len(images), height, width, 2), device=images.device)
    grid[..., 0] = ((2 * x + 1) / width - 1)[:, None, :]
    grid[..., 1] = ((2 * y + 1) / height - 1)[:, :, None]
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _sampled(start: Tensor, length: Tensor, size: int, device: torch.device) -> Float[Tensor, "batch size"]:
    """Pixel coordinates at which one axis is sampled, held inside the box so that its surroundings do not leak in."""
    start, length = start.to(device)[:, None], length.to(device)[:, None]
    position = (torch.arange(size, device=device) + 0.5) * (length / size) - 0.5
    return start + torch.minimum(position.clamp(min=0), length - 1.0)


def _central_box(rows: int, columns: int, ratio: tuple[float, float]) -> tuple[int, int]:
    """Height and width of the largest box whose width over height is allowed."""
    if columns / rows < ratio[0]:
        return round(columns / ratio[0]), columns
    if columns / rows > ratio[1]:
        return rows, round(rows * ratio[1])
    return rows, columns


def _uniform(generator: torch.Generator, bounds: tuple[float, float], shape: tuple[int, ...]) -> Tensor:
    return bounds[0] + (bounds[1] - bounds[0]) * torch.rand(shape, generator=generator, device=generator.device)


SPEC = ViewSpec(
    name="resized_crop",
    summary="random parts stretched to the images' size",
    source="torchvision's RandomResizedCrop",
    color=False,
    asks=True,
    Options=Options,
    apply=apply,
)
