"""CIFAR-10, 60 000 colour images of 32 x 32 pixels in 10 classes; 50 000 train, 10 000 test.

Read by torchvision from `dataset.root` or downloaded into it, only ever after the published md5 was found.

Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images".
"""

from pathlib import Path

from lethe.core.options import NoOptions
from lethe.data.spec import Counts, DataSpec, Split
from lethe.data.torchvision_sets import cifar_set, files_at, load_torchvision

_SET = cifar_set("cifar10", "CIFAR10")


def load(options: NoOptions, root: Path | None, split: str) -> Split:  # noqa: ARG001
    """One split, from `root` or a download."""
    return load_torchvision(_SET, root, split)


SPEC = DataSpec(
    name="cifar10",
    summary="60 000 colour 32 x 32 images, 10 classes",
    source="Krizhevsky 2009, Learning multiple layers of features from tiny images",
    # Nothing photographed stands on its head, but the label stays true, and Corti et al. 2022 train with it.
    views=("crop", "resized_crop", "flip", "vertical_flip"),
    channels=3,
    load=load,
    count=lambda options, root: Counts((5000,) * 10, 10_000),  # noqa: ARG005
    files=files_at("cifar-10-batches-py"),
)
