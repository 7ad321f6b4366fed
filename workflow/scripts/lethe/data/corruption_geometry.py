"""Moving pixels: what blurs and distortions share. Lengths are stated for images of 32 pixels and scale with the side.

Sums run pixel by pixel, never through a Fourier transform or a matrix product: those round differently for different
numbers of images, and an image must not depend on its neighbours.
"""

import math

import numpy as np
from jaxtyping import Float, Float32

from lethe.data.corruption_spec import Pixels

_REFERENCE_SIDE = 32


def scaled(length: float, images: Pixels) -> float:
    """A length in pixels of these images, stated for images of 32 x 32 pixels."""
    return length * min(images.shape[2:]) / _REFERENCE_SIDE


def moved(
    images: Pixels, down: Float32[np.ndarray, "examples _ _"], right: Float32[np.ndarray, "examples _ _"]
) -> Pixels:
    """Each pixel read from a place so far below and to the right of it, between pixels bilinearly, edges repeated."""
    height, width = images.shape[2:]
    rows = np.clip(np.arange(height, dtype=np.float32)[:, None] + down, 0, height - 1)
    columns = np.clip(np.arange(width, dtype=np.float32) + right, 0, width - 1)
    top, left = rows.astype(np.int64), columns.astype(np.int64)
    below, beside = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    y, x = (part.astype(np.float32)[:, None] for part in (rows - top, columns - left))
    upper = (1 - x) * _picked(images, top, left) + x * _picked(images, top, beside)
    lower = (1 - x) * _picked(images, below, left) + x * _picked(images, below, beside)
    return (1 - y) * upper + y * lower


def _picked(images: Pixels, rows: np.ndarray, columns: np.ndarray) -> Pixels:
    """Each image's pixels in so many rows and columns, one pair for every pixel of the result."""
    flat = images.reshape(*images.shape[:2], -1)
    positions = np.broadcast_to(rows * images.shape[3] + columns, (len(images), *images.shape[2:]))
    return np.take_along_axis(flat, positions.reshape(len(images), 1, -1), axis=2).reshape(images.shape)


def convolved(images: Pixels, kernel: Float[np.ndarray, "side side"]) -> Pixels:
    """Each pixel replaced by a weighted mean of those around it, edges repeated."""
    reach = len(kernel) // 2
    height, width = images.shape[2:]
    padded = np.pad(images, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    total = np.zeros_like(images)
    for row, column in np.argwhere(kernel > 0):
        weight = np.float32(kernel[row, column])
        total += weight * padded[:, :, row : row + height, column : column + width]
    return total


def disk(radius: float) -> Float[np.ndarray, "side side"]:
    """A uniform disk as a kernel of sum 1; radii below a pixel blur a little as well.

    Points on a fine grid in the disk share their weight among the four nearest pixels.
    """
    reach = math.floor(radius) + 1
    line = radius * (np.arange(64) + 0.5 - 32) / 32
    y, x = (part[np.hypot(*np.meshgrid(line, line)) <= radius] for part in np.meshgrid(line, line, indexing="ij"))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    for row in range(-reach, reach + 1):
        for column in range(-reach, reach + 1):
            near = np.clip(1 - np.abs(y - row), 0, None) * np.clip(1 - np.abs(x - column), 0, None)
            kernel[row + reach, column + reach] = near.sum()
    return kernel / kernel.sum()
