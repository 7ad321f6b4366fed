"""Shot noise: light comes in photons, so few of them make a grainy image; black stays black.

x' = Poisson(lambda x) / lambda, in every pixel and channel; lambda = 500, 250, 100, 75, 50 photons for white.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261, with the published numbers for CIFAR.
"""

import numpy as np

from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_PHOTONS = (500, 250, 100, 75, 50)


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:
    """The images as so many photons show them."""
    photons = _PHOTONS[severity - 1]
    counts = [generator.poisson(photons * image) for image, generator in zip(images, generators, strict=True)]
    return (np.stack(counts) / photons).astype(np.float32)


SPEC = CorruptionSpec(
    name="shot_noise",
    summary="few photons: noise that grows with brightness",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
