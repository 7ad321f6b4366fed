"""MNIST, 70 000 grey images of 28 x 28 pixels of handwritten digits; 60 000 train, 10 000 test.

Files that lie there as published (.gz) must have the published md5; decompressed ones, for which none is published,
are checked for format, lengths, number of examples and range of labels. A flip turns a digit into another sign, so
only crops keep the labels.

Source: LeCun, Bottou, Bengio and Haffner 1998, Proceedings of the IEEE 86(11); md5 as torchvision lists them.
"""

from pathlib import Path

from lethe.data.idx_sets import IdxSet, Options, idx_files, load_idx, published
from lethe.data.spec import Counts, DataSpec, Split

_SET = IdxSet(
    name="mnist",
    torchvision="MNIST",
    class_names=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    sha256={},
    md5={
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    },
)


def load(options: Options, root: Path | None, split: str) -> Split:
    """One split, from `root` or a download."""
    return load_idx(_SET, options, root, split)


def files(options: Options, root: Path | None) -> list[Path]:  # noqa: ARG001
    """The four files, where they are there."""
    return idx_files(_SET, root)


SPEC = DataSpec(
    name="mnist",
    summary="70 000 grey 28 x 28 images of handwritten digits",
    source="LeCun, Bottou, Bengio and Haffner 1998, Proceedings of the IEEE 86(11)",
    views=("crop", "resized_crop"),
    channels=1,
    load=load,
    count=published(Counts((5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949), 10_000)),
    files=files,
    Options=Options,
)
