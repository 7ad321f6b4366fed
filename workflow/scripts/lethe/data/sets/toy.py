"""Generated images for tests and the smoke study: a bright bar whose angle is the class, in noise.

Class c of C has a bar at angle pi c / C through the centre. `noise` sets how hard the examples are.
"""

from pathlib import Path

import numpy as np
from pydantic import Field

from lethe.core.errors import DataError
from lethe.core.options import MOST, Pixels, Strict
from lethe.data.spec import Counts, DataSpec, Split, in_memory


class Options(Strict):
    """How many images of which size and difficulty."""

    classes: int = Field(default=3, ge=2, le=20, description="number of classes")
    train: int = Field(default=96, ge=4, le=MOST, description="training images")
    test: int = Field(default=60, ge=4, le=MOST, description="test images")
    size: Pixels = Field(default=8, description="height and width in pixels")
    noise: float = Field(default=0.35, ge=0, description="standard deviation of the noise; the bar is 1 bright")


def load(options: Options, root: Path | None, split: str) -> Split:
    """Generate one split; test ids follow the training ids."""
    if root is not None:
        raise DataError(f"dataset.root: {root} given, but toy images are generated; remove the key")
    generator = np.random.default_rng(0 if split == "train" else 1)
    count, first = (options.train, 0) if split == "train" else (options.test, options.train)
    labels = np.arange(count) % options.classes
    images = _bars(labels * np.pi / options.classes, options.size)
    images = images + options.noise * generator.standard_normal(images.shape)
    pixels = np.clip(np.round(255 * (0.2 + 0.6 * images)), 0, 255).astype(np.uint8)
    names = tuple(f"bar{round(180 * c / options.classes)}" for c in range(options.classes))
    return in_memory(pixels[:, None], labels, first + np.arange(count), names)


def count(options: Options, root: Path | None) -> Counts:  # noqa: ARG001
    """How many images are generated of every class, which take turns."""
    return Counts(
        tuple(len(range(label, options.train, options.classes)) for label in range(options.classes)), options.test
    )


def _bars(angles: np.ndarray, size: int) -> np.ndarray:
    """Soft bars through the centre, (examples, size, size), 1 on the bar's axis."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    distance = x[None] * np.sin(angles)[:, None, None] - y[None] * np.cos(angles)[:, None, None]
    return np.exp(-(distance**2))


SPEC = DataSpec(
    name="toy",
    summary="generated images of bars at different angles, for tests",
    source="generated here",
    views=("crop",),
    channels=1,
    load=load,
    root="none",
    count=count,
    Options=Options,
)
