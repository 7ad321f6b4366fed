"""SVHN, 99 289 colour images of 32 x 32 pixels of house numbers; 73 257 train, 26 032 test ("extra" is not used).

Read by torchvision from `dataset.root` or downloaded into it, only ever after the published md5 was found. A flip
turns a digit into another sign, so only crops keep the labels.

Source: Netzer et al. 2011, "Reading digits in natural images with unsupervised feature learning".
"""

from pathlib import Path

import numpy as np

from lethe.core.options import NoOptions
from lethe.data.spec import Counts, DataSpec, Split
from lethe.data.torchvision_sets import Decoded, Member, TorchvisionSet, files_at, load_torchvision


def _members(split: str) -> list[Member]:
    """The published file of a split, with its md5."""
    from torchvision.datasets import SVHN

    _, file, md5 = SVHN.split_list[split]
    return [Member(file, md5)]


def _decode(root: Path, split: str, download: bool) -> Decoded:
    """Images and labels of a split, read by torchvision."""
    from torchvision.datasets import SVHN

    data = SVHN(root, split=split, download=download)
    return Decoded(np.ascontiguousarray(data.data), data.labels, tuple(str(digit) for digit in range(10)))


_SET = TorchvisionSet("svhn", 73_257, _members, _decode)


def load(options: NoOptions, root: Path | None, split: str) -> Split:  # noqa: ARG001
    """One split, from `root` or a download; label 0 is the digit 0."""
    return load_torchvision(_SET, root, split)


SPEC = DataSpec(
    name="svhn",
    summary="99 289 colour 32 x 32 images of house numbers",
    source="Netzer et al. 2011, Reading digits in natural images with unsupervised feature learning",
    views=("crop", "resized_crop"),
    channels=3,
    load=load,
    count=lambda options, root: Counts((4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659), 26_032),  # noqa: ARG005
    files=files_at("train_32x32.mat", "test_32x32.mat"),
)
