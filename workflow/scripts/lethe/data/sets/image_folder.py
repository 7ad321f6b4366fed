"""Any images in folders: root/train/<class>/*, and root/test/<class>/* or root/val/<class>/*.

Every image is decoded once as its file shows it (`data/decode.py`), its shorter side resized to `size` (bilinear,
antialiased), its centre cut out square. `data/folders.py` says which files are read. The folders have no published
checksum; that of the stored array is in the record. Images are read on demand, so that a large folder never has to fit
in memory.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from lethe.core.errors import DataError
from lethe.core.options import Pixels, Strict
from lethe.data import folders
from lethe.data.decode import REMARKS, Ground, Picture, decode
from lethe.data.spec import Counts, DataSpec, Images, Split

_ID_BITS = 53  # the integers that every program reads exactly, those that know only floating-point numbers too


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
    of_files += folders.taken_in(_title(split), found)
    remarked: defaultdict[str, set[str]] = defaultdict(set)
    asked = options.model_dump()

    def read(rows: np.ndarray) -> Images:
        # Pillow decodes and resizes outside Python's lock, so threads use every core.
        with ThreadPoolExecutor() as pool:
            chosen = [found[row] for row in rows]
            pictures = _whole(pool.map(lambda one: _tried(one.path, asked), chosen))
        for one, picture in zip(chosen, pictures, strict=True):
            for remark in picture.remarks:
                remarked[remark].add(one.name)
        return np.stack([picture.pixels for picture in pictures])

    return Split(
        np.array([labels[one.class_name] for one in found], dtype=np.int64),
        example_ids([one.name for one in found]),
        listing.class_names,
        read,
        paths=tuple(one.name for one in found),
        told=lambda: [*of_files, *_remarks(split, remarked, len(found), options.ground)],
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


def example_ids(names: Sequence[str]) -> np.ndarray:
    """A number for each path below the root: a digest of its composed Unicode form.

    Raises: DataError: two paths have one number, as two Unicode forms of one name do.
    """
    numbers: dict[int, str] = {}
    for name in names:
        digest = blake2b(unicodedata.normalize("NFC", name).encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "big") >> (64 - _ID_BITS)
        if number in numbers:
            both = f"{numbers[number]!a} and {name!a}"
            raise DataError(f"{both} have one example_id, because their names are one in Unicode; rename one of them")
        numbers[number] = name
    return np.array(list(numbers), dtype=np.int64)


def _tried(path: Path, asked: dict[str, Any]) -> Picture | DataError:
    """A picture, or why it is none."""
    try:
        return decode(path, **asked)
    except DataError as error:
        return error


def _whole(tried: Iterable[Picture | DataError]) -> list[Picture]:
    """The pictures, if all are; who mends one file learns of the others that are read with it.

    Raises: DataError: some are none.
    """
    everything = list(tried)
    pictures = [one for one in everything if isinstance(one, Picture)]
    errors = [one for one in everything if isinstance(one, DataError)]
    if errors:
        more = f" (and {len(errors) - 1} more: {'; '.join(map(str, errors[1:3]))})" if len(errors) > 1 else ""
        raise DataError(f"{errors[0]}{more}")
    return pictures


def _title(split: str) -> str:
    """A split's name in a sentence."""
    return "training" if split == "train" else split


def _remarks(split: str, remarked: dict[str, set[str]], count: int, ground: Ground) -> list[str]:
    """One sentence for everything that had to be done to show some of the images read so far."""
    return [
        f"{len(remarked[key])} of {count} {_title(split)} images have {text.format(ground=ground)}; first "
        f"{folders.shown(min(remarked[key]))}."
        for key, text in REMARKS.items()
        if key in remarked
    ]


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
