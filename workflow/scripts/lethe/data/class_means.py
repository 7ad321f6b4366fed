"""Mean images of classes, and how far images are from them: which classes are easily taken for each other."""

import numpy as np
from jaxtyping import Float, UInt8

from lethe.data.spec import Split
from lethe.data.store import chunks

Means = Float[np.ndarray, "classes channels height width"]


def class_means(split: Split) -> Means:
    """Mean image of every class, pixels 0..255; NaN for a class without an image."""
    first = split.read(np.arange(1))
    sums = np.zeros((len(split.class_names), *first.shape[1:]))
    for rows in chunks(len(split), first.nbytes):
        chosen = np.arange(rows.start, rows.stop)
        np.add.at(sums, split.labels[chosen], split.read(chosen).astype(np.float64))
    counts = np.bincount(split.labels, minlength=len(sums)).astype(np.float64)
    counts[counts == 0] = np.nan
    return sums / counts[:, None, None, None]


def distances(
    images: UInt8[np.ndarray, "examples channels height width"] | Means, means: Means
) -> Float[np.ndarray, "examples classes"]:
    """Root mean square difference of pixels; infinite to a class without an image."""
    flat, of_means = images.reshape(len(images), -1).astype(np.float64), means.reshape(len(means), -1)
    squares = np.stack([((flat - mean) ** 2).mean(axis=1) for mean in of_means], axis=1)
    return np.sqrt(np.nan_to_num(squares, nan=np.inf))
