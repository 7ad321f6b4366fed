"""Any images in folders: root/train/<class>/*, and root/test/<class>/* or root/val/<class>/*.

Every image is decoded once as its file shows it (`data/decode.py`), its shorter side resized to `size` (bilinear,
antialiased), its centre cut out square. `data/folders.py` says which files are read. The folders have no published
checksum; that of the stored array is in the record. Images are read on demand, so that a large folder never has to fit
in memory.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from lethe.core.errors import DataError
from lethe.core.options import Pixels, Strict
from lethe.data import folders
from lethe.data.decode import Ground
from lethe.data.pictures import Pictures, example_ids, title
from lethe.data.spec import Counts, DataSpec, Split


class Options(Strict):
    """The size of the stored images; it decides what a network can see, so it has no default."""

    size: Pixels = Field(description="height and width in pixels after resizing the shorter side and cropping")
    channels: Literal[1, 3] = Field(default=3, description="3 for colour, 1 for grey")
    ground: Ground = Field(default="white", description="what transparent images are composed on")


def load(options: Options, root: Path | None, split: str) -> Split:
    """One split; example_id is made from the path below the root, so that no other file changes it.

    Raises: DataError: no root, folders missing or empty, classes that differ, two paths of one example_id; when images
        are read, a file that is not an image.
    """
    if root is None:
        raise DataError("dataset.root is missing; image_folder needs the folder that holds train/ and test/")
    listing = folders.list_folder(root)
    found = listing.train if split == "train" else listing.test
    labels = {name: label for label, name in enumerate(listing.class_names)}
    of_files = folders.told(listing.left_out) if split == "train" else []
    of_files += folders.taken_in(title(split), found)
    pictures = Pictures([(one.path, one.name) for one in found], split, options.size, options.channels, options.ground)
    return Split(
        np.array([labels[one.class_name] for one in found], dtype=np.int64),
        example_ids([one.name for one in found]),
        listing.class_names,
        pictures.read,
        paths=tuple(one.name for one in found),
        told=lambda: [*of_files, *pictures.remarks()],
    )


def count(options: Options, root: Path | None) -> Counts:
    """How many files there are of every class, none of them decoded.

    Raises: DataError: as `load`.
    """
    train, test = load(options, root, "train"), load(options, root, "test")
    return Counts(tuple(np.bincount(train.labels).tolist()), len(test))


def files(options: Options, root: Path | None) -> list[Path]:  # noqa: ARG001
    """The images of both splits, whatever else lies beside them.

    Raises: DataError: as `load`.
    """
    if root is None:
        return []
    listing = folders.list_folder(root)
    return [one.path for one in (*listing.train, *listing.test)]


SPEC = DataSpec(
    name="image_folder",
    summary="own images, one folder per class below train/ and test/",
    source="your own folder",
    views=("crop", "resized_crop", "flip"),
    channels=None,
    load=load,
    root="needed",
    count=count,
    files=files,
    Options=Options,
)
