"""Brightness: more light, at the same hue and saturation.

v' = min(v + c, 1), v the largest of a pixel's channels, and every channel times v' / v; c = .05, .10, .15, .20, .30.
A grey pixel becomes min(x + c, 1).

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261, with the published shifts of the value in HSV for CIFAR.
"""

import numpy as np

from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_SHIFT = (0.05, 0.10, 0.15, 0.20, 0.30)


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:  # noqa: ARG001  nothing is drawn
    """The images lighter."""
    value = images.max(axis=1, keepdims=True)
    lighter = np.minimum(value + np.float32(_SHIFT[severity - 1]), 1)
    is_black = value == 0
    return np.where(is_black, lighter, images * (lighter / np.where(is_black, 1, value)))


SPEC = CorruptionSpec(
    name="brightness",
    summary="lighter, at the same hue and saturation",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    corrupt=corrupt,
)
