"""Brightness, contrast, saturation and hue of a batch, every image by its own amount; pixels in 0..1 before and after.

Each function computes what torchvision's `functional.adjust_*` compute for one image, and leaves its input.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lethe.data.pixels import FloatBatch, PerExample

# ITU-R 601 luma, as torchvision rounds it.
LUMA = (0.2989, 0.587, 0.114)


def luminance(images: FloatBatch) -> Float[Tensor, "batch 1 height width"]:
    """How bright every pixel looks; grey images as they are."""
    if images.shape[1] == 1:
        return images
    red, green, blue = images.chunk(3, dim=1)
    return (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])


def adjust_brightness(images: FloatBatch, factor: PerExample) -> FloatBatch:
    """Pixels times the factor: 0 is black, 1 changes nothing."""
    return (images * factor).clamp_(0, 1)


def adjust_contrast(images: FloatBatch, factor: PerExample) -> FloatBatch:
    """Distances from the image's mean luminance times the factor: 0 is flat, 1 changes nothing."""
    mean = luminance(images.mean(dim=(2, 3), keepdim=True))
    return (images * factor).add_(mean * (1 - factor)).clamp_(0, 1)


def adjust_saturation(images: FloatBatch, factor: PerExample) -> FloatBatch:
    """Distances from the pixel's luminance times the factor: 0 is grey, 1 changes nothing."""
    return (images * factor).add_(luminance(images) * (1 - factor)).clamp_(0, 1)


def adjust_hue(images: FloatBatch, turns: PerExample) -> FloatBatch:
    """Colours turned by a share of the colour circle, value and saturation kept.

    Instead of HSV and back: with h the hue in sixths, in [0, 6), chroma C and smallest channel m,
    red = m + C clip(|h - 3| - 1), green = m + C clip(2 - |h - 2|), blue = m + C clip(2 - |h - 4|), clip to 0..1.
    """
    red, green, blue = images.unbind(1)
    largest = torch.maximum(torch.maximum(red, green), blue)
    smallest = torch.minimum(torch.minimum(red, green), blue)
    chroma = largest - smallest
    hue = _signed_hue(images, chroma, smallest).add_(turns[:, 0] * 6)
    hue.sub_((hue / 6).floor_(), alpha=6)
    turned = torch.empty_like(images, memory_format=torch.contiguous_format)
    torch.addcmul(smallest, chroma, (hue - 3).abs_().sub_(1).clamp_(0, 1), out=turned[:, 0])
    torch.addcmul(smallest, chroma, (hue - 2).abs_().neg_().add_(2).clamp_(0, 1), out=turned[:, 1])
    torch.addcmul(smallest, chroma, hue.sub_(4).abs_().neg_().add_(2).clamp_(0, 1), out=turned[:, 2])
    return turned


def _signed_hue(images: FloatBatch, chroma: Tensor, smallest: Tensor) -> Float[Tensor, "batch height width"]:
    """Hue in sixths of the circle, between -3 and 3; where there is no colour, any finite number.

    With channels scaled so that the smallest is 0 and the largest 1, the way round the circle from red is
    1 - red + green + blue, in the direction of the larger of green and blue: the usual three cases in one.
    """
    red, green, blue = images.unbind(1)
    way = (green - red).add_(blue).sub_(smallest).div_(chroma.clamp(min=torch.finfo(chroma.dtype).tiny)).add_(1)
    return way.copysign_(green - blue)


def solarize(images: FloatBatch, threshold: float | PerExample) -> FloatBatch:
    """Pixels from the threshold on inverted."""
    return torch.where(images >= threshold, 1 - images, images)
