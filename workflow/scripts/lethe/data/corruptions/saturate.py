"""Saturate: stronger colours, at the same hue and value; grey images stay as they are.

s' = min(c s, 1), s = (v - least) / v the saturation of a pixel whose largest channel is v; every channel moves away
from v by s' / s: x' = v - (v - x) s' / s; c = 1.5, 2.0, 2.5, 3.5, 5.0.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261; differs: factors that rise with every severity, where the
published ones first weaken the colours.
"""

import numpy as np

from lethe.data.corruption_spec import CorruptionSpec, Generators, Pixels

_FACTOR = (1.5, 2.0, 2.5, 3.5, 5.0)


def corrupt(images: Pixels, severity: int, generators: Generators) -> Pixels:  # noqa: ARG001  nothing is drawn
    """The images with stronger colours."""
    value, least = images.max(axis=1, keepdims=True), images.min(axis=1, keepdims=True)
    span = value - least
    # s' / s = min(c, 1 / s); a grey pixel has no colour to strengthen.
    strength = np.minimum(np.float32(_FACTOR[severity - 1]), value / np.where(span == 0, 1, span))
    return value - (value - images) * np.where(span == 0, 1, strength)


SPEC = CorruptionSpec(
    name="saturate",
    summary="stronger colours",
    source="Hendrycks and Dietterich 2019, arXiv:1903.12261",
    color=True,
    corrupt=corrupt,
)
