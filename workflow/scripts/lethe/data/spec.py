"""What a file in `data/sets` promises: how to read a data set, and which views keep its labels true."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Int64, UInt8
from pydantic import BaseModel

from lethe.core.options import NoOptions
from lethe.store.fingerprints import visible_files

Images = UInt8[np.ndarray, "examples channels height width"]


@dataclass(frozen=True)
class Split:
    """The examples of one split; images are read on demand, so that a large folder never has to fit in memory.

    Attributes:
        paths: where each image lies below the data set's root; empty where images have no files of their own.
        told: what a person should know of the images that were read so far, sentences without a path above the root.
        attributes: by name, the group of every example.
    """

    labels: Int64[np.ndarray, " examples"]
    example_ids: Int64[np.ndarray, " examples"]
    class_names: tuple[str, ...]
    read: Callable[[Int64[np.ndarray, " chosen"]], UInt8[np.ndarray, "chosen channels height width"]]
    paths: tuple[str, ...] = ()
    told: Callable[[], Sequence[str]] = tuple
    attributes: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)


def files_below_root(options: Any, root: Path | None) -> Sequence[Path]:  # noqa: ARG001
    """All visible files below the root; none without one."""
    return [] if root is None else visible_files(root)


@dataclass(frozen=True)
class Counts:
    """How many images a data set has, before any of them is read.

    Attributes:
        train: training images of every class.
    """

    train: tuple[int, ...]
    test: int


def _not_known(options: Any, root: Path | None) -> None:
    """Only who reads the files knows how many images they hold."""


@dataclass(frozen=True)
class DataSpec:
    """One data set: `SPEC = DataSpec(...)` in its file, `name` to `channels` as literals.

    Attributes:
        views: those of the views that ask (`ViewSpec.asks`) that preserve every label.
        channels: 1 for grey, 3 for colour, None where an option named `channels` says it.
        attributes: whether its examples have attributes, `Split.attributes`.
        root: whether `dataset.root` must be given: it is `needed`, `optional`, or there is `none`.
        count: (options, root) -> Counts, in seconds and without a download; None where nobody knows.
        load: (options, root, split) -> Split, split "train" or "test"; root None means the data set's own place.
            Verifies checksums, raises DataError with the file's name and the way out.
        files: (options, root) -> the files that `load` reads; a study whose files change is read again. By default all
            visible files below the root. Files that are still to be downloaded are left out.
    """

    name: str
    summary: str
    source: str
    views: tuple[str, ...]
    channels: int | None
    load: Callable[[Any, Path | None, str], Split]
    files: Callable[[Any, Path | None], Sequence[Path]] = files_below_root
    Options: type[BaseModel] = NoOptions
    root: Literal["needed", "optional", "none"] = "optional"
    count: Callable[[Any, Path | None], Counts | None] = _not_known
    attributes: bool = False


def in_memory(images: Images, labels: np.ndarray, example_ids: np.ndarray, class_names: tuple[str, ...]) -> Split:
    """A split whose images already lie in an array."""
    return Split(labels.astype(np.int64), example_ids.astype(np.int64), class_names, lambda chosen: images[chosen])
