"""Fog: a bright cloud of its own for every image, drawn by the diamond-square algorithm.

x' = (x + a f) M / (M + a), f the cloud in 0..1, M the image's largest value;
(a, decay of the cloud's detail per octave, which counts twice) = (.20, 3), (.50, 3), (.75, 2.5), (1, 2), (1.5, 1.75).

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261, with the published numbers for CIFAR; differs: the cloud is as
large as the image, rounded up to a power of two, so that it looks alike at every size.
"""

import numpy as np
from jaxtyping import Float

from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_STRENGTH_DECAY = ((0.2, 3.0), (0.5, 3.0), (0.75, 2.5), (1.0, 2.0), (1.5, 1.75))


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:
    """The images behind a cloud."""
    strength, decay = _STRENGTH_DECAY[severity - 1]
    height, width = images.shape[2:]
    side = 1 << (max(height, width) - 1).bit_length()
    roughness = np.stack([generator.uniform(-1, 1, (side, side)) for generator in generators])
    fog = clouds(roughness, decay)[:, None, :height, :width].astype(np.float32)
    brightest = images.max(axis=(1, 2, 3), keepdims=True)
    return (images + np.float32(strength) * fog) * (brightest / (brightest + np.float32(strength)))


def clouds(roughness: Float[np.ndarray, "examples side side"], decay: float) -> Float[np.ndarray, "examples side side"]:
    """Heights in 0..1 by diamond-square on a torus: midpoints are means of their neighbours plus ever smaller changes.

    Args:
        roughness: the changes in -1..1, a side that is a power of two.
        decay: the changes are divided by its square whenever the grid becomes twice as fine, as in the published
            generator, which draws `wibble * uniform(-wibble, wibble)` and divides the wibble.
    """
    heights = np.zeros_like(roughness)
    step, size = roughness.shape[1], 1.0
    while step > 1:
        half = step // 2
        corners = heights[:, ::step, ::step]
        right, below = (np.roll(corners, -1, axis) for axis in (2, 1))
        middles = (corners + right + below + np.roll(below, -1, 2)) / 4 + size * roughness[:, half::step, half::step]
        across = (corners + right + middles + np.roll(middles, 1, 1)) / 4 + size * roughness[:, ::step, half::step]
        along = (corners + below + middles + np.roll(middles, 1, 2)) / 4 + size * roughness[:, half::step, ::step]
        heights[:, half::step, half::step] = middles
        heights[:, ::step, half::step] = across
        heights[:, half::step, ::step] = along
        step, size = half, size / decay**2
    low, high = (end(axis=(1, 2), keepdims=True) for end in (heights.min, heights.max))
    return (heights - low) / (high - low)


SPEC = CorruptionSpec(
    name="fog",
    summary="a bright cloud of its own before every image",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
