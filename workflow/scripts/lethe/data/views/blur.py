"""Some of the images blurred with a Gaussian, each with its own width.

With probability p an image is convolved with exp(-d^2 / 2 sigma^2), sigma in pixels uniform in `sigma`, over a window
of a tenth of the image's height, odd and at least 3; edges are mirrored.
Source: torchvision's GaussianBlur; window and sigma of Chen et al. 2020, arXiv:2002.05709, appendix A.
"""

import math
from typing import Annotated

import torch
from jaxtyping import Float
from pydantic import Field, PositiveFloat
from torch import Tensor
from torch.nn import functional

from lethe.data.pixels import Batch, FloatBatch, as_float, change_some, coins, uniform
from lethe.data.view_spec import Ascending, Probability, ViewOptions, ViewSpec


class Options(ViewOptions):
    """How strongly and how often."""

    sigma: Annotated[tuple[PositiveFloat, PositiveFloat], Ascending] = Field(
        default=(0.1, 2.0), description="smallest and largest standard deviation in pixels"
    )
    window: float = Field(default=0.1, gt=0, le=1, description="width of the window over the image's height")
    p: Probability = Field(default=0.5, description="probability of each image to be blurred")


def apply(images: Batch, options: Options, generator: torch.Generator) -> Batch:
    """Some of the images blurred."""
    chosen = coins(len(images), options.p, generator)
    sigma = uniform(int(chosen.sum()), options.sigma, generator)
    size = window_size(images.shape[2], options.window)
    return change_some(as_float(images), chosen, lambda part: gaussian_blur(part, size, sigma))


def window_size(height: int, share: float) -> int:
    """The odd number of pixels next to a share of the height, at least 3, and small enough to be mirrored."""
    return max(min(2 * math.floor(height * share / 2) + 1, 2 * height - 1), 3)


def gaussian_blur(images: FloatBatch, size: int, sigma: Float[Tensor, " batch"]) -> FloatBatch:
    """Every image convolved with its own Gaussian, cut off at a window of `size` pixels."""
    half = size // 2
    distance = torch.arange(-half, half + 1, device=images.device)
    # The softmax is the normalised Gaussian.
    weights = (-0.5 * (distance / sigma.to(images.device)[:, None]) ** 2).softmax(dim=1)
    padded = functional.pad(images, (half,) * 4, mode="reflect")
    return _convolved(_convolved(padded, weights, dim=2), weights, dim=3)


def _convolved(images: FloatBatch, weights: Float[Tensor, "batch window"], *, dim: int) -> Tensor:
    """Weighted sum of shifted images along one axis, without the edges."""
    length = images.shape[dim] - weights.shape[1] + 1
    columns = weights[:, :, None, None, None].unbind(1)
    total = images.narrow(dim, 0, length) * columns[0]
    for shift, weight in enumerate(columns[1:], start=1):
        total.addcmul_(images.narrow(dim, shift, length), weight)
    return total


SPEC = ViewSpec(
    name="blur",
    summary="some images blurred with a Gaussian",
    source="torchvision's GaussianBlur; Chen et al. 2020, arXiv:2002.05709",
    color=False,
    asks=False,
    Options=Options,
    apply=apply,
)
