"""Views: random crops and flips of a whole batch at once, on whatever device the images lie.

Every draw comes from the generator that is passed, on the generator's device, so that a replicate sees the same views
wherever it is trained. Pixels stay uint8 as long as they are only moved, a quarter of the memory traffic of floats.
"""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int64, Num, UInt8
from torch import Tensor
from torch.nn import functional

from lethe.core.errors import UnknownName
from lethe.core.suggest import known_names
from lethe.data.resized_crop import RATIO, SCALE, random_resized_crop

Batch = Num[Tensor, "batch channels height width"]


def default_views(allowed: Sequence[str]) -> tuple[str, ...]:
    """The usual views of small images, out of those that a data set allows: crop, then flip."""
    return tuple(view for view in ("crop", "flip") if view in allowed)


def augment(
    images: UInt8[Tensor, "batch channels height width"], views: Sequence[str], generator: torch.Generator
) -> Float[Tensor, "batch channels height width"]:
    """One random view of every image, pixels in 0..1, the named steps applied in the order given.

    Raises: UnknownName: not one of `data.spec.VIEWS`.
    """
    moved: Tensor = images
    for view in views:
        if view not in STEPS:
            raise UnknownName(f"unknown view '{view}'; {known_names(view, STEPS)}")
        moved = STEPS[view](moved, generator)
    return to_float(moved) if moved.dtype == torch.uint8 else moved


def to_float(
    images: UInt8[Tensor, "batch channels height width"],
) -> Float[Tensor, "batch channels height width"]:
    """Pixels in 0..1."""
    return images.float().div_(255)


def random_crop(images: Batch, padding: int, generator: torch.Generator) -> Batch:
    """Every image moved by up to `padding` pixels in each direction, black where nothing was.

    Source: torchvision's RandomCrop(size, padding), that draws image by image.
    """
    offsets = _draw(generator, torch.randint, 2 * padding + 1, (2, len(images))).to(images.device)
    return shifted_crop(images, padding, offsets[0], offsets[1])


def shifted_crop(images: Batch, padding: int, top: Int64[Tensor, " batch"], left: Int64[Tensor, " batch"]) -> Batch:
    """Every image padded with zeros, then cut to its size from its own corner in 0..2 padding."""
    batch, channels, height, width = images.shape
    padded = functional.pad(images, (padding,) * 4).contiguous()
    rows, columns = height + 2 * padding, width + 2 * padding
    # Every run of `width` pixels in memory is a row of this overlapping view; picking rows copies whole runs and is
    # several times faster than an index for every pixel.
    runs = padded.as_strided((padded.numel() - width + 1, width), (1, 1))
    planes = torch.arange(batch * channels, device=images.device).view(batch, channels, 1) * (rows * columns)
    corners = (top * columns + left)[:, None, None]
    starts = planes + corners + torch.arange(height, device=images.device) * columns
    return runs.index_select(0, starts.flatten()).view(batch, channels, height, width)


def random_flip(images: Batch, generator: torch.Generator) -> Batch:
    """Half of the images mirrored left to right."""
    return torch.where(_coins(images, generator), images.flip(-1), images)


def random_vertical_flip(images: Batch, generator: torch.Generator) -> Batch:
    """Half of the images turned upside down."""
    return torch.where(_coins(images, generator), images.flip(-2), images)


def _coins(images: Batch, generator: torch.Generator) -> Tensor:
    return (_draw(generator, torch.rand, len(images)) < 0.5).to(images.device)[:, None, None, None]


def _draw(generator: torch.Generator, distribution: Callable[..., Tensor], *arguments: object) -> Tensor:
    return distribution(*arguments, generator=generator, device=generator.device)


def _usual_crop(images: Batch, generator: torch.Generator) -> Batch:
    """An eighth of the height as padding: 4 pixels at 32, as usual for CIFAR, and 1 at 8."""
    return random_crop(images, math.ceil(images.shape[2] / 8), generator)


def _usual_resized_crop(images: Batch, generator: torch.Generator) -> Batch:
    pixels = to_float(images) if images.dtype == torch.uint8 else images
    return random_resized_crop(pixels, SCALE, RATIO, generator)


STEPS: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "crop": _usual_crop,
    "resized_crop": _usual_resized_crop,
    "flip": random_flip,
    "vertical_flip": random_vertical_flip,
}
