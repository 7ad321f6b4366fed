"""Fashion-MNIST, 70 000 grey images of 28 x 28 pixels in ten kinds of clothing; 60 000 train, 10 000 test.

The four files must have the sha256 of the published content, whether raw or compressed by whomever. Debian installs
them with `dataset-fashion-mnist`. A mirrored shoe is a shoe, so flips keep the labels.

Source: Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747.
"""

from pathlib import Path

from lethe.data.idx_sets import IdxSet, Options, idx_files, load_idx, published
from lethe.data.spec import Counts, DataSpec, Split

_SET = IdxSet(
    name="fashion_mnist",
    torchvision="FashionMNIST",
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    sha256={
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    md5={},  # the sha256 holds for every form of the files
    installed=(Path("/usr/share/datasets/fashion-mnist"),),
)


def load(options: Options, root: Path | None, split: str) -> Split:
    """One split, from `root`, Debian's package or a download."""
    return load_idx(_SET, options, root, split)


def files(options: Options, root: Path | None) -> list[Path]:  # noqa: ARG001
    """The four files, where they are there."""
    return idx_files(_SET, root)


SPEC = DataSpec(
    name="fashion_mnist",
    summary="70 000 grey 28 x 28 images of clothing, ten classes",
    source="Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747",
    views=("crop", "resized_crop", "flip"),
    channels=1,
    load=load,
    count=published(Counts((6000,) * 10, 10_000)),
    files=files,
    Options=Options,
)
