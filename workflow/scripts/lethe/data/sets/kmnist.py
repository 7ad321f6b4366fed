"""Kuzushiji-MNIST, 70 000 grey images of 28 x 28 pixels of cursive hiragana; 60 000 train, 10 000 test.

Files that lie there as published (.gz) must have the published md5; decompressed ones, for which none is published,
are checked for format, lengths, number of examples and range of labels. A mirrored character is not a character, so
only crops keep the labels.

Source: Clanuwat et al. 2018, arXiv:1812.01718; md5 as torchvision lists them.
"""

from pathlib import Path

from lethe.data.idx_sets import IdxSet, Options, idx_files, load_idx, published
from lethe.data.spec import Counts, DataSpec, Split

_SET = IdxSet(
    name="kmnist",
    torchvision="KMNIST",
    class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    sha256={},
    md5={
        "train-images-idx3-ubyte.gz": "bdb82020997e1d708af4cf47b453dcf7",
        "train-labels-idx1-ubyte.gz": "e144d726b3acfaa3e44228e80efcd344",
        "t10k-images-idx3-ubyte.gz": "5c965bf0a639b31b8f53240b1b52f4d7",
        "t10k-labels-idx1-ubyte.gz": "7320c461ea6c1c855c0b718fb2a4b134",
    },
)


def load(options: Options, root: Path | None, split: str) -> Split:
    """One split, from `root` or a download."""
    return load_idx(_SET, options, root, split)


def files(options: Options, root: Path | None) -> list[Path]:  # noqa: ARG001
    """The four files, where they are there."""
    return idx_files(_SET, root)


SPEC = DataSpec(
    name="kmnist",
    summary="70 000 grey 28 x 28 images of cursive hiragana, ten classes",
    source="Clanuwat et al. 2018, arXiv:1812.01718",
    views=("crop", "resized_crop"),
    channels=1,
    load=load,
    count=published(Counts((6000,) * 10, 10_000)),
    files=files,
    Options=Options,
)
