"""Gaussian noise: electronic noise in poor light.

x' = x + sigma z, z standard normal in every pixel and channel; sigma = .04, .06, .08, .09, .10.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261, with the published amplitudes for CIFAR.
"""

import numpy as np

from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_SIGMA = (0.04, 0.06, 0.08, 0.09, 0.10)


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:
    """The images with noise added; a severity scales the noise, it does not draw other noise."""
    noise = np.stack([generator.standard_normal(images.shape[1:], dtype=np.float32) for generator in generators])
    return images + np.float32(_SIGMA[severity - 1]) * noise


SPEC = CorruptionSpec(
    name="gaussian_noise",
    summary="normal noise in every pixel",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
