"""What a file in `data/corruptions` promises: one way to spoil images, in five severities."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

Pixels = Float32[np.ndarray, "examples channels height width"]
Generators = Sequence[np.random.Generator]


@dataclass(frozen=True)
class CorruptionSpec:
    """One corruption: `SPEC = CorruptionSpec(...)` in its file, all but `corrupt` as literals.

    Attributes:
        corrupt: (images in 0..1, severity 1..5, one generator per example) -> images, clipped by the caller. An image
            depends on its own pixels and generator alone, to the last bit, whichever others are passed with it; a
            generator gives every severity the same draws, so that an image is spoilt in one way, more or less.
        color: whether it only changes colours and leaves grey images as they are.
    """

    name: str
    summary: str
    source: str
    corrupt: Callable[[Pixels, int, Generators], Pixels]
    color: bool = False
