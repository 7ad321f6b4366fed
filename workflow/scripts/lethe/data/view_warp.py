"""Images turned, scaled, shifted and sheared, every image in its own way; bilinear, black where nothing was."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lethe.data.pixels import FloatBatch


@dataclass(frozen=True)
class Motion:
    """How every image of a batch is moved about its centre, on one device.

    Attributes:
        angle: in radians, clockwise.
        scale: 1 keeps the size, 2 doubles it.
        right, down: shift in pixels after everything else.
        shear_x, shear_y: tangents of the angles.
    """

    angle: Float[Tensor, " batch"]
    scale: Float[Tensor, " batch"]
    right: Float[Tensor, " batch"]
    down: Float[Tensor, " batch"]
    shear_x: Float[Tensor, " batch"]
    shear_y: Float[Tensor, " batch"]


def at_rest(count: int) -> Motion:
    """The motion that changes nothing."""
    zero = torch.zeros(count)
    return Motion(zero, zero + 1, zero, zero, zero, zero)


def warp(images: FloatBatch, motion: Motion) -> FloatBatch:
    """Every image moved; the same as torchvision's `functional.affine` with bilinear interpolation."""
    _, _, height, width = images.shape
    inverse = inverse_map(motion).to(images.device)
    size = torch.tensor([width, height], dtype=inverse.dtype).to(images.device)
    # From pixels about the centre to grid_sample's coordinates, -1 and 1 at the outer edges.
    inverse = inverse * (2 / size[:, None])
    x = torch.arange(width, device=images.device) - (width - 1) / 2
    y = torch.arange(height, device=images.device) - (height - 1) / 2
    grid = torch.empty((len(images), height, width, 2), device=images.device)
    for axis in (0, 1):
        along_x, along_y, shift = inverse[:, axis].unsqueeze(2).unbind(1)
        # Far cheaper than affine_grid's matrix product.
        torch.add((along_x * x)[:, None, :], (along_y * y + shift)[:, :, None], out=grid[..., axis])
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def inverse_map(motion: Motion) -> Float[Tensor, "batch 2 3"]:
    """For every image the matrix from where a pixel goes to where it comes from, in pixels about the centre.

    Source: torchvision's `_get_inverse_affine_matrix`, with tangents in place of shear angles.
    """
    cos, sin = motion.angle.cos(), motion.angle.sin()
    a = cos + sin * motion.shear_y
    b = -a * motion.shear_x - sin
    c = sin - cos * motion.shear_y
    d = -c * motion.shear_x + cos
    rows = [torch.stack([d, -b], dim=1), torch.stack([-c, a], dim=1)]
    linear = torch.stack(rows, dim=1) / motion.scale[:, None, None]
    shift = torch.stack([motion.right, motion.down], dim=1)[:, :, None]
    return torch.cat([linear, -(linear @ shift)], dim=2)
