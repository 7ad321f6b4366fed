"""Pictures in files, read on demand by every core, and what had to be done to show them.

An example's id is made from its path below the root, so that no other file changes it.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np

from lethe.core.errors import DataError
from lethe.data import folders
from lethe.data.decode import REMARKS, Ground, Picture, decode
from lethe.data.spec import Images

_ID_BITS = 53  # the integers that every program reads exactly, those that know only floating-point numbers too


@dataclass(frozen=True)
class Pictures:
    """The pictures of one split, in the order of its examples.

    Attributes:
        files: where each is opened, and its name below the root.
        split: for sentences.
        remarked: by what had to be done, the names of those read so far.
    """

    files: Sequence[tuple[Path, str]]
    split: str
    size: int
    channels: int
    ground: Ground = "white"
    remarked: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def read(self, rows: np.ndarray) -> Images:
        """Pixels of some of them.

        Raises: DataError: a file is not an image.
        """
        # Pillow decodes and resizes outside Python's lock, so threads use every core.
        with ThreadPoolExecutor() as pool:
            chosen = [self.files[row] for row in rows]
            pictures = _whole(pool.map(lambda one: self._tried(one[0]), chosen))
        for (_, name), picture in zip(chosen, pictures, strict=True):
            for remark in picture.remarks:
                self.remarked[remark].add(name)
        return np.stack([picture.pixels for picture in pictures])

    def remarks(self) -> list[str]:
        """One sentence for everything that had to be done to show some of those read so far."""
        return [
            f"{len(self.remarked[key])} of {len(self.files)} {title(self.split)} images have "
            f"{text.format(ground=self.ground)}; first {folders.shown(min(self.remarked[key]))}."
            for key, text in REMARKS.items()
            if key in self.remarked
        ]

    def _tried(self, path: Path) -> Picture | DataError:
        """A picture, or why it is none."""
        try:
            return decode(path, size=self.size, channels=self.channels, ground=self.ground)
        except DataError as error:
            return error


def title(split: str) -> str:
    """A split's name in a sentence."""
    return "training" if split == "train" else split


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
