"""Handwritten digits, 1 797 grey images of 8 x 8 pixels that ship inside scikit-learn: real data without a download.

Half of every class is for training, the other half for testing, so that about 900 test images carry the statistics.
Grey values 0..16 are scaled to 0..255. A flip turns a digit into another sign, so only crops keep the labels.

Source: Alpaydin and Kaynak 1998, UCI "Optical Recognition of Handwritten Digits", test part, as in scikit-learn.
"""

import hashlib
from pathlib import Path

import numpy as np

from lethe.core.errors import DataError
from lethe.core.options import NoOptions
from lethe.data.spec import Counts, DataSpec, Split, in_memory

_SHA256 = "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
_TRAIN, _TEST = (89, 91, 88, 91, 90, 91, 90, 89, 87, 90), 901  # images of every class, and of all together
_SPLIT_SEED = 0  # which half is which is part of the data set, not of a study


def load(options: NoOptions, root: Path | None, split: str) -> Split:  # noqa: ARG001
    """One stratified half of the digits; example_id is the row in scikit-learn's table."""
    from sklearn.datasets import load_digits

    if root is not None:
        raise DataError(f"dataset.root: {root} given, but digits come with scikit-learn; remove the key")
    table = load_digits()
    pixels = table.images.astype(np.uint8)
    if hashlib.sha256(pixels.tobytes()).hexdigest() != _SHA256:
        raise DataError("scikit-learn's digits are not the expected images; install the locked scikit-learn again")
    chosen = _half(table.target, split)
    images = np.round(pixels[chosen, None].astype(np.float64) * (255 / 16)).astype(np.uint8)
    return in_memory(images, table.target[chosen], chosen, tuple(str(name) for name in table.target_names))


def count(options: NoOptions, root: Path | None) -> Counts:  # noqa: ARG001
    """How many digits there are of every class, known without scikit-learn, which takes a second to import."""
    return Counts(_TRAIN, _TEST)


def _half(labels: np.ndarray, split: str) -> np.ndarray:
    """Rows of one split: every class is shuffled once; its first half trains, the rest tests."""
    generator = np.random.default_rng(_SPLIT_SEED)
    rows = []
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        half = len(members) // 2
        rows.append(members[:half] if split == "train" else members[half:])
    return np.sort(np.concatenate(rows))


SPEC = DataSpec(
    name="digits",
    summary="1 797 real 8 x 8 digits inside scikit-learn, half for training and half for testing",
    source="Alpaydin and Kaynak 1998, UCI Optical Recognition of Handwritten Digits",
    views=("crop", "resized_crop"),
    channels=1,
    load=load,
    root="none",
    count=count,
)
