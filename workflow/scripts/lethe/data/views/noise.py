"""Gaussian noise on every pixel, cut off at 0 and 1: x + sigma n, n standard normal, each example its own sigma.

Source: torchvision's GaussianNoise, with one sigma for all; here sigma is uniform between two bounds.
"""

from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field, NonNegativeFloat
from torch import Tensor

from lethe.data.pixels import Batch, FloatBatch, as_float, per_example, uniform
from lethe.data.view_spec import Ascending, ViewOptions, ViewSpec


class Options(ViewOptions):
    """How strong the noise is."""

    sigma: Annotated[tuple[NonNegativeFloat, NonNegativeFloat], Ascending] = Field(
        default=(0.0, 0.1), description="smallest and largest standard deviation, pixels in 0..1"
    )


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """Every image with noise of its own strength."""
    sigma = uniform(len(images), options.sigma, generator)
    draws = torch.randn(images.shape, generator=generator, device=generator.device).to(images.device)
    return add_noise(as_float(images), draws, sigma)


def add_noise(images: FloatBatch, draws: FloatBatch, sigma: Float[Tensor, " batch"]) -> FloatBatch:
    """Images plus sigma times the draws, cut off at 0 and 1."""
    return torch.addcmul(images, draws, per_example(sigma, images)).clamp_(0, 1)


SPEC = ViewSpec(
    name="noise",
    summary="Gaussian noise on every pixel",
    source="torchvision's GaussianNoise",
    color=False,
    asks=False,
    Options=Options,
    apply=apply,
)
