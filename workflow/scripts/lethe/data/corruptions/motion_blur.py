"""Motion blur: the camera moves, at an angle of its own for every image.

x'(p) = sum over t of w(t) x(p + t d), w(t) ~ exp(-t^2 / 2 sigma^2) for t from 0 to 3 sigma, d a unit vector at an angle
uniform in -45 to 45 degrees; sigma = 1.0, 1.5, 2.0, 2.5, 3.0 pixels at a side of 32, in proportion at others.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261; differs: sigma rises by equal steps and the line ends at
3 sigma; the published lengths for CIFAR make severities 3 and 4 nearly equal.
"""

import math

import numpy as np

from lethe.data.corruption_geometry import moved, scaled
from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_SIGMA = (1.0, 1.5, 2.0, 2.5, 3.0)
_STEPS_A_PIXEL = 2


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:
    """The images smeared to one side."""
    angles = np.array([generator.uniform(-math.pi / 4, math.pi / 4) for generator in generators])
    sigma = scaled(_SIGMA[severity - 1], images)
    distances = np.linspace(0, 3 * sigma, 2 + math.ceil(3 * sigma * _STEPS_A_PIXEL))
    weights = np.exp(-(distances**2) / (2 * sigma**2))
    total = np.zeros_like(images)
    for distance, weight in zip(distances, weights / weights.sum(), strict=True):
        down, right = ((distance * part(angles)).astype(np.float32)[:, None, None] for part in (np.sin, np.cos))
        total += np.float32(weight) * moved(images, down, right)
    return total


SPEC = CorruptionSpec(
    name="motion_blur",
    summary="smeared along a line, at an angle of its own for every image",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
