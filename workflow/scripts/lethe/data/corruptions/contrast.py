"""Contrast: values move towards the image's mean, as in flat light.

x' = m + c (x - m), m the mean of the image's channel; c = .75, .50, .40, .30, .15.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261, with the published factors for CIFAR.
"""

import numpy as np

from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_FACTOR = (0.75, 0.50, 0.40, 0.30, 0.15)


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:  # noqa: ARG001  nothing is drawn
    """The images with less contrast."""
    # In float64 these sums are exact, so that their order does not matter.
    mean = images.mean(axis=(2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
    return mean + np.float32(_FACTOR[severity - 1]) * (images - mean)


SPEC = CorruptionSpec(
    name="contrast",
    summary="values move towards the image's mean",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
