"""What the prepared images of a study do not allow, and what a person should know of them before anything is trained.

Every image is looked at once, in chunks, and a few numbers of it are kept, so that large sets cost little. A picture is
nearly another one where they differ by less than a tenth of its contrast: the root mean square of their difference,
shrunk to 16 pixels a side, against the standard deviation of its pixels. That finds copies that were encoded or resized
again, and leaves alone what is merely alike: the closest test image of digits is .11 from a training image, that of toy
images with noise of only .05 is at .15; of MNIST's test images none of 2,000 is that close to one of the other 8,000.
Of Fashion-MNIST's 10,000 test images 33 are; a share below NEAR_SHARE is not told, because it moves no accuracy by a
point.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8, UInt64

from lethe.core.errors import DataError
from lethe.data.store import FAINT, chunks

NEAR: Final = 0.1
NEAR_SHARE: Final = 0.01
_DIM = 26  # a tenth of the scale: twelve bits stored as sixteen, or numbers from 0 to 1 stored as bytes
_COLORS = {1: ("grey",), 3: ("red", "green", "blue")}
_COMPARED = 16  # pixels in a row, when two images are compared
_SIDE = 4  # of the thumbnails among which nearly equal images are looked for
_CANDIDATES = 3
_NAMED = 3


@dataclass(frozen=True)
class Pictures:
    """The images of one split.

    Attributes:
        names: paths below the data set's root; empty where images have no files of their own.
    """

    split: str
    images: UInt8[np.ndarray, "examples channels height width"]
    labels: Int64[np.ndarray, " examples"]
    example_ids: Int64[np.ndarray, " examples"]
    names: Sequence[str] = ()

    def named(self, rows: Int64[np.ndarray, " chosen"]) -> str:
        """Some images by name."""
        return listed([self.names[row] if self.names else f"example_id {self.example_ids[row]}" for row in rows])


@dataclass(frozen=True)
class Traits:
    """What one look at every image of a split keeps.

    Attributes:
        digests: of the pixels; equal ones are of equal images.
        is_constant: whether every channel has one value throughout.
        contrast: standard deviation of the pixels about their channel's mean.
        thumbnails: never further apart than the images that they are of, as these are compared.
        lowest, highest, spread: of every channel over all images; its smallest and largest value, and their standard
            deviation.
    """

    digests: UInt64[np.ndarray, " examples"]
    is_constant: Bool[np.ndarray, " examples"]
    contrast: Float[np.ndarray, " examples"]
    thumbnails: Float[np.ndarray, "examples places"]
    lowest: UInt8[np.ndarray, " channels"]
    highest: UInt8[np.ndarray, " channels"]
    spread: Float[np.ndarray, " channels"]


def inspect(
    train: Pictures, test: Pictures, class_names: Sequence[str], validation: Pictures | None = None
) -> list[str]:
    """What a person should know of the images, one sentence each; nothing of images as they should be.

    Args: validation: training images that were set aside, of which copies may be left.
    Raises: DataError: nothing could be learnt from them: one class, or images that are all equal.
    """
    if len(np.unique(train.labels)) == 1:
        name = class_names[train.labels[0]]
        raise DataError(f"all {len(train.labels)} training images are of class '{name}'; a study needs two classes")
    of_train, of_test = traits_of(train.images), traits_of(test.images)
    for pictures, traits in ((train, of_train), (test, of_test)):
        if len(traits.digests) > 1 and len(np.unique(traits.digests)) == 1:
            raise DataError(
                f"all {len(traits.digests)} {pictures.split} images are one picture once they are prepared, "
                f"{pictures.named(np.arange(len(traits.digests)))}, so nothing can be learnt from them; look at the "
                "files and at dataset.options"
            )
    return [
        *_classes(train, test, class_names),
        *_of_one_split(train, of_train),
        *_of_one_split(test, of_test),
        *_channels(of_train, of_test),
        *_shared(train, of_train, test, of_test),
        *([] if validation is None else _shared(train, of_train, validation, traits_of(validation.images))),
    ]


def traits_of(images: UInt8[np.ndarray, "examples channels height width"]) -> Traits:
    """One look at every image."""
    digests, constant, contrast, thumbnails = [], [], [], []
    sums, squares = np.zeros(images.shape[1]), np.zeros(images.shape[1])
    lowest, highest = np.full(images.shape[1], 255, np.uint8), np.zeros(images.shape[1], np.uint8)
    for rows in chunks(len(images), images[0].nbytes):
        part = np.ascontiguousarray(images[rows])
        digests += [hashlib.blake2b(image, digest_size=8).digest() for image in part]
        low, high = part.min(axis=(2, 3)), part.max(axis=(2, 3))
        constant.append((low == high).all(axis=1))
        lowest, highest = np.minimum(lowest, low.min(axis=0)), np.maximum(highest, high.max(axis=0))
        pixels = part.astype(np.float32)
        mean, variance = pixels.mean(axis=(2, 3)), pixels.var(axis=(2, 3))
        contrast.append(np.sqrt(variance.mean(axis=1)))
        sums += mean.sum(axis=0, dtype=float)
        squares += (variance + mean**2).sum(axis=0, dtype=float)
        thumbnails.append(_shrunk(pixels.mean(axis=1, keepdims=True), _SIDE)[:, 0])
    mean = sums / len(images)
    return Traits(
        np.frombuffer(b"".join(digests), np.uint64),
        np.concatenate(constant),
        np.concatenate(contrast),
        np.concatenate(thumbnails),
        lowest,
        highest,
        np.where(lowest == highest, 0.0, np.sqrt(np.maximum(squares / len(images) - mean**2, 0))),
    )


def _shrunk(
    pixels: Float[np.ndarray, "examples channels height width"], side: int
) -> Float[np.ndarray, "examples channels places"]:
    """Means of rectangles, at most `side` in a row, each times the root of its share of the picture.

    So the distance of two shrunk pictures is the root mean square of the difference of the means.
    """
    height, width = pixels.shape[2:]
    edges = [np.linspace(0, length, min(side, length) + 1).round().astype(int) for length in (height, width)]
    summed = np.add.reduceat(np.add.reduceat(pixels, edges[0][:-1], axis=2), edges[1][:-1], axis=3)
    sizes = np.outer(np.diff(edges[0]), np.diff(edges[1]))
    return (summed / np.sqrt(sizes * (height * width))).reshape(*pixels.shape[:2], -1).astype(np.float32)


def _classes(train: Pictures, test: Pictures, class_names: Sequence[str]) -> list[str]:
    """Classes without an image or with a single one."""
    of_train, of_test = (np.bincount(split.labels, minlength=len(class_names)) for split in (train, test))
    found = (
        ("no image at all", (of_train == 0) & (of_test == 0)),
        ("no training image, so that they cannot be learnt", (of_train == 0) & (of_test > 0)),
        ("no test image, so that nothing is measured of them", (of_train > 0) & (of_test == 0)),
        ("a single training image", of_train == 1),
        ("a single test image", of_test == 1),
    )
    names = np.array(class_names, dtype=object)
    return [
        f"{which.sum()} of {len(names)} classes have {what}: {listed(list(names[which]))}."
        for what, which in found
        if which.any()
    ]


def _of_one_split(pictures: Pictures, traits: Traits) -> list[str]:
    """Images that are dim or of one colour, copies within a split, and copies said to be of several classes."""
    told, count, split = [], len(traits.digests), pictures.split
    low, high = int(traits.lowest.min()), int(traits.highest.max())
    if high - low < _DIM:
        told.append(
            f"All {count} {split} images lie between {low} and {high} of 255 grey levels; rescale the files if this is "
            "not meant."
        )
    constant = np.flatnonzero(traits.is_constant)
    if len(constant):
        told.append(
            f"{len(constant)} of {count} {split} images have one colour throughout: {pictures.named(constant)}."
        )
    different, which = np.unique(traits.digests, return_inverse=True)
    if 2 * len(different) <= count:
        told.append(f"The {count} {split} images are only {len(different)} different ones; all others repeat them.")
    lowest, highest = np.full(len(different), np.iinfo(np.int64).max), np.full(len(different), -1)
    np.minimum.at(lowest, which, pictures.labels)
    np.maximum.at(highest, which, pictures.labels)
    doubtful = np.flatnonzero((lowest != highest)[which])
    if len(doubtful):
        doubtful = doubtful[np.argsort(which[doubtful], kind="stable")]
        told.append(
            f"{len(doubtful)} of {count} {split} images equal one of another class pixel for pixel: "
            f"{pictures.named(doubtful)}."
        )
    return told


def _channels(train: Traits, test: Traits) -> list[str]:
    """Channels that say nothing in training or in testing, or little in training."""
    told = []
    most = train.spread.max()
    for name, low, spread, test_low, test_high in zip(
        _COLORS[len(train.spread)], train.lowest, train.spread, test.lowest, test.highest, strict=True
    ):
        is_empty_too = test_low == test_high
        if spread == 0:
            but = "" if is_empty_too else ", but not in the test images"
            told.append(f"The {name} channel is {low} in every training image{but}; networks are not shown it.")
        elif is_empty_too:
            told.append(f"The {name} channel is {test_low} in every test image, but not in the training images.")
        elif spread < FAINT * most:
            told.append(
                f"The {name} channel hardly varies in the training images (standard deviation {spread:.2g} grey "
                f"levels, others up to {most:.2g}); networks are shown it as faintly as that."
            )
    return told


def _shared(train: Pictures, of_train: Traits, test: Pictures, of_test: Traits) -> list[str]:
    """Images of a test that are training images, pixel for pixel or nearly."""
    known, first = np.unique(of_train.digests, return_index=True)
    places = np.searchsorted(known, of_test.digests).clip(max=len(known) - 1)
    is_equal = known[places] == of_test.digests
    equal = {int(row): int(first[places[row]]) for row in np.flatnonzero(is_equal)}
    near = _nearly(train, of_train, first, test, of_test, np.flatnonzero(~is_equal & (of_test.contrast > 0)))
    told = []
    for pairs, how in ((equal, "are also training images, pixel for pixel"), (near, "nearly equal training images")):
        if pairs and (pairs is equal or len(pairs) >= NEAR_SHARE * len(test.labels)):
            row, copy = next(iter(pairs.items()))
            told.append(
                f"{len(pairs)} of {len(test.labels)} {test.split} images {how}, where accuracy is memory; first "
                f"{test.named(np.array([row]))} and {train.named(np.array([copy]))}."
            )
    return told


def _nearly(
    train: Pictures,
    of_train: Traits,
    candidates: Int64[np.ndarray, " candidates"],
    test: Pictures,
    of_test: Traits,
    asked: Int64[np.ndarray, " asked"],
) -> dict[int, int]:
    """Test images (rows) with a training image that they nearly equal, see NEAR: the closest of a few candidates."""
    from scipy.spatial import cKDTree

    if not len(asked):
        return {}
    reach = NEAR * of_test.contrast[asked]
    tree = cKDTree(of_train.thumbnails[candidates])
    far, closest = tree.query(
        of_test.thumbnails[asked], k=range(1, _CANDIDATES + 1), distance_upper_bound=reach.max(), workers=-1
    )
    found: dict[int, int] = {}
    for column in range(_CANDIDATES):
        rows = np.flatnonzero((far[:, column] <= reach) & ~np.isin(asked, list(found)))
        for part in chunks(len(rows), 8 * test.images[0].nbytes):  # two of them as floats
            some = rows[part]
            copies = candidates[closest[some, column]]
            difference = _shrunk(test.images[asked[some]].astype(np.float32) - train.images[copies], _COMPARED)
            is_near = np.sqrt((difference**2).sum(axis=2).mean(axis=1)) <= reach[some]
            found |= dict(zip(asked[some[is_near]].tolist(), copies[is_near].tolist(), strict=True))
    return dict(sorted(found.items()))


def listed(names: Sequence[str]) -> str:
    """The first few of some names, and how many more there are."""
    texts = [name if name.isprintable() else ascii(name) for name in names[:_NAMED]]
    return ", ".join(texts) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
