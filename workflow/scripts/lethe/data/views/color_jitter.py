"""Brightness, contrast, saturation and hue of colour images changed at random, each example by its own amounts.

With probability p an image is changed: factors uniform in [1 - strength, 1 + strength] for brightness, contrast and
saturation, a turn of the colour circle uniform in [-hue, hue]. torchvision draws the order of the four at every call,
that is for every image; here one order is drawn for the whole batch.
Source: torchvision's ColorJitter in RandomApply; strengths of Corti et al. 2022, arXiv:2207.00200.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from lethe.data.pixels import Batch, FloatBatch, as_float, change_some, coins, per_example, uniform
from lethe.data.view_spec import Probability, ViewOptions, ViewSpec
from lethe.data.view_tone import adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation

_ADJUST = {
    "brightness": adjust_brightness,
    "contrast": adjust_contrast,
    "saturation": adjust_saturation,
    "hue": adjust_hue,
}


class Options(ViewOptions):
    """How strongly and how often; a strength of 0 leaves its change out."""

    brightness: float = Field(default=0.4, ge=0, le=1, description="factors differ from 1 by at most this")
    contrast: float = Field(default=0.4, ge=0, le=1, description="factors differ from 1 by at most this")
    saturation: float = Field(default=0.4, ge=0, le=1, description="factors differ from 1 by at most this")
    hue: float = Field(default=0.1, ge=0, le=0.5, description="turns of the colour circle, either way")
    p: Probability = Field(default=0.8, description="probability of each image to be changed")


@dataclass(frozen=True)
class Adjustment:
    """One change, and how much of it every example gets."""

    name: str
    amounts: Float[Tensor, " batch"]


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """The chosen images in other colours."""
    chosen = coins(len(images), options.p, generator)
    adjustments = draw_adjustments(int(chosen.sum()), options, generator)
    return change_some(as_float(images), chosen, lambda part: jitter(part, adjustments))


def draw_adjustments(count: int, options: Options, generator: torch.Generator) -> tuple[Adjustment, ...]:
    """Amounts for that many examples, in an order that is drawn once for all of them."""
    order = torch.randperm(len(_ADJUST), generator=generator, device=generator.device).tolist()
    names = [list(_ADJUST)[position] for position in order]
    return tuple(_draw(name, count, options, generator) for name in names if getattr(options, name) > 0)


def jitter(images: FloatBatch, adjustments: tuple[Adjustment, ...]) -> FloatBatch:
    """Images after all adjustments, one after the other."""
    for adjustment in adjustments:
        images = _ADJUST[adjustment.name](images, per_example(adjustment.amounts, images))
    return images


def _draw(name: str, count: int, options: Options, generator: torch.Generator) -> Adjustment:
    strength, middle = getattr(options, name), 0.0 if name == "hue" else 1.0
    return Adjustment(name, uniform(count, (middle - strength, middle + strength), generator))


SPEC = ViewSpec(
    name="color_jitter",
    summary="brightness, contrast, saturation and hue changed at random",
    source="torchvision's ColorJitter",
    color=True,
    asks=False,
    Options=Options,
    apply=apply,
)
