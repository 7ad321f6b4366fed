"""Every image changed by some operations out of fourteen, each image by its own operations and strengths.

For every image `num_ops` operations are drawn, with replacement, and for each a strength; at `strength` 1 the ranges
are those of FixMatch's table 12: brightness, colour, contrast, sharpness by a factor of 0.05 to 0.95, 4 to 8 bits,
rotation up to 30 degrees, shear and translation up to 0.3, any solarising threshold. Smaller strengths leave the
weaker part of every range. Grey images have no operation on colours.
Source: Sohn et al. 2020, arXiv:2001.07685, appendix; Cubuk et al. 2019, arXiv:1909.13719; operations as torchvision's.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Float, Int64
from pydantic import Field
from torch import Tensor

from lethe.data.pixels import Batch, FloatBatch, as_float, change_some, per_example
from lethe.data.view_levels import adjust_sharpness, autocontrast, equalize, posterize
from lethe.data.view_spec import ViewOptions, ViewSpec
from lethe.data.view_tone import adjust_brightness, adjust_contrast, adjust_saturation, solarize
from lethe.data.view_warp import at_rest, warp

Amounts = Float[Tensor, " batch"]
Operation = Callable[[FloatBatch, Amounts], FloatBatch]


class Options(ViewOptions):
    """How many operations, and how strong."""

    num_ops: int = Field(default=2, ge=1, le=8, description="operations per image, one after the other")
    strength: float = Field(default=1.0, gt=0, le=1, description="share of the full ranges")


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """Every image after its own random operations."""
    shape = (options.num_ops, len(images))
    chosen = torch.randint(len(operations(images.shape[1])), shape, generator=generator, device=generator.device)
    # Signed; operations without a direction look at the size alone.
    amounts = torch.rand(shape, generator=generator, device=generator.device).mul_(2).sub_(1).mul_(options.strength)
    changed = as_float(images)
    for which, amount in zip(chosen, amounts, strict=True):
        changed = operate(changed, which, amount)
    return changed


def operations(channels: int) -> tuple[str, ...]:
    """Names of the operations that make sense for images of that many channels."""
    return tuple(name for name in OPERATIONS if channels == 3 or name not in _COLOR_OPERATIONS)


def operate(images: FloatBatch, which: Int64[Tensor, " batch"], amounts: Amounts) -> FloatBatch:
    """Every image after the operation with that position in `operations`, by an amount in [-1, 1]."""
    for position, name in enumerate(operations(images.shape[1])):
        chosen = which == position
        images = change_some(images, chosen, _bound(OPERATIONS[name], amounts[chosen]))
    return images


def _bound(operation: Operation, amounts: Amounts) -> Callable[[FloatBatch], FloatBatch]:
    return lambda part: operation(part, amounts)


def _by_factor(adjust: Callable[[FloatBatch, Tensor], FloatBatch]) -> Operation:
    """An operation whose factor falls from 0.95 to 0.05; an amount of 0 would be the weakest."""
    return lambda images, amounts: adjust(images, per_example(1 - (0.05 + 0.9 * amounts.abs()), images))


def _moved(field: str, most: float, *, of: int | None = None) -> Operation:
    """A motion that is `most` at an amount of 1; of the size along axis `of` if that is given."""

    def move(images: FloatBatch, amounts: Amounts) -> FloatBatch:
        length = 1 if of is None else images.shape[of]
        return warp(images, replace(at_rest(len(images)), **{field: amounts * (most * length)}))

    return move


def _solarized(images: FloatBatch, amounts: Amounts) -> FloatBatch:
    return solarize(images, per_example(1 - amounts.abs(), images))


def _posterized(images: FloatBatch, amounts: Amounts) -> FloatBatch:
    return posterize(images, per_example(8 - (5 * amounts.abs()).floor().clamp(max=4), images))


_COLOR_OPERATIONS = frozenset({"color"})
OPERATIONS: dict[str, Operation] = {
    "identity": lambda images, _: images,
    "autocontrast": lambda images, _: autocontrast(images),
    "equalize": lambda images, _: equalize(images),
    "brightness": _by_factor(adjust_brightness),
    "color": _by_factor(adjust_saturation),
    "contrast": _by_factor(adjust_contrast),
    "sharpness": _by_factor(adjust_sharpness),
    "posterize": _posterized,
    "solarize": _solarized,
    "rotate": _moved("angle", math.radians(30)),
    "shear_x": _moved("shear_x", 0.3),
    "shear_y": _moved("shear_y", 0.3),
    "translate_x": _moved("right", 0.3, of=3),
    "translate_y": _moved("down", 0.3, of=2),
}


SPEC = ViewSpec(
    name="rand_augment",
    summary="every image changed by its own random operations",
    source="Sohn et al. 2020, arXiv:2001.07685; Cubuk et al. 2019, arXiv:1909.13719",
    color=False,
    asks=False,
    Options=Options,
    apply=apply,
)
