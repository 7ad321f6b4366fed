"""Grey levels of a batch redistributed, channel by channel: stretched, equalised, fewer, or sharper edges.

Each function computes what torchvision's `v2.functional` computes for one image with pixels in 0..1.
"""

import torch
from torch import Tensor
from torch.nn import functional

from lethe.data.pixels import FloatBatch, PerExample


def autocontrast(images: FloatBatch) -> FloatBatch:
    """Every channel stretched to 0..1; a flat channel as it is."""
    lowest, highest = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    is_flat = highest == lowest
    span = torch.where(is_flat, 1.0, highest - lowest)
    return (images - torch.where(is_flat, 0.0, lowest)).div_(span).clamp_(0, 1)


def equalize(images: FloatBatch) -> FloatBatch:
    """Every channel's 256 levels moved so that all are about equally frequent."""
    # Just under 256 equal bins, as torchvision rounds floats to bytes.
    levels = (images * (256 - 1e-3)).long().flatten(2)
    one = torch.ones((), dtype=torch.int64, device=images.device)
    histogram = torch.zeros((*levels.shape[:2], 256), dtype=torch.int64, device=images.device)
    histogram.scatter_add_(2, levels, one.expand_as(levels))
    below = histogram.cumsum(2)
    most = below.argmax(2, keepdim=True)
    step = (levels.shape[2] - histogram.gather(2, most)).div_(255, rounding_mode="floor")
    table = (below - histogram + step // 2).div_(step.clamp(min=1), rounding_mode="floor").clamp_(0, 255)
    moved = torch.where(step > 0, table.gather(2, levels), levels)
    return moved.view(images.shape).to(images.dtype).div_(255)


def posterize(images: FloatBatch, bits: PerExample) -> FloatBatch:
    """Only 2^bits levels left, every image its own number of bits."""
    levels = bits.exp2()
    return torch.minimum((images * levels).floor_(), levels - 1).div_(levels)


def adjust_sharpness(images: FloatBatch, factor: PerExample) -> FloatBatch:
    """Distances from a smoothed image times the factor, inside a border of one pixel: 1 changes nothing."""
    channels, (height, width) = images.shape[1], images.shape[2:]
    if height <= 2 or width <= 2:
        return images
    inner = images[:, :, 1:-1, 1:-1]
    smooth = functional.conv2d(images, _smoothing(images), groups=channels)
    sharpened = images.clone()
    sharpened[:, :, 1:-1, 1:-1] = torch.lerp(smooth, inner, factor).clamp_(0, 1)
    return sharpened


def _smoothing(images: FloatBatch) -> Tensor:
    """A 3 x 3 kernel of ones about a five, one per channel."""
    kernel = torch.ones((images.shape[1], 1, 3, 3), dtype=images.dtype, device=images.device)
    kernel[:, :, 1, 1] = 5
    return kernel / 13
