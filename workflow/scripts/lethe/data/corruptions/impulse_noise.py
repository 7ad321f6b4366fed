"""Impulse noise: some values become black or white, as bit errors do; also called salt and pepper.

x' = 0 where u < p / 2, 1 where u >= 1 - p / 2, else x; u uniform in every pixel and channel;
p = .01, .02, .03, .05, .07.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261, with the published shares for CIFAR.
"""

import numpy as np

from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_SHARE = (0.01, 0.02, 0.03, 0.05, 0.07)


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:
    """The images with black and white values; a higher severity keeps those of the lower ones."""
    half = _SHARE[severity - 1] / 2
    drawn = np.stack([generator.random(images.shape[1:]) for generator in generators])
    black = np.where(drawn < half, np.float32(0), images)
    return np.where(drawn >= 1 - half, np.float32(1), black)


SPEC = CorruptionSpec(
    name="impulse_noise",
    summary="some values become black or white",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
