"""Data sets that torchvision reads and downloads: CIFAR-10, CIFAR-100, SVHN.

CIFAR's files are pickles, which can run code when they are read. Therefore there is no option to skip verification:
every byte is compared with the published md5 before it is unpickled, here for a message that names the file, and
again by torchvision.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lethe.data.downloads import FOLDER, download, wait_for_others
from lethe.data.idx import check_md5
from lethe.data.spec import Images, Split, in_memory
from lethe.store.fingerprints import visible_files


@dataclass(frozen=True)
class Member:
    """One file of a data set, its path below the root and its published md5."""

    path: str
    md5: str


@dataclass(frozen=True)
class Decoded:
    """What torchvision made of the files of one split."""

    images: Images
    labels: np.ndarray
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class TorchvisionSet:
    """One such data set.

    Attributes:
        train_examples: size of the published training split; test ids start here.
        members: split -> the files that torchvision verifies before it reads that split, out of its own lists.
        decode: (root, split, download) -> Decoded.
    """

    name: str
    train_examples: int
    members: Callable[[str], list[Member]]
    decode: Callable[[Path, str, bool], Decoded]


def load_torchvision(source: TorchvisionSet, root: Path | None, split: str) -> Split:
    """One split; example_id is the position in the published split, test after the training split.

    Raises: DataError: a file is there and not the published one, or missing and not downloadable.
    """
    folder = FOLDER if root is None else root
    wait_for_others(folder / source.name)
    missing = _check_members(folder, source.members(split))
    if missing:
        lacking = f"{source.name}: missing {', '.join(map(str, missing))}"
        decoded = download(folder / source.name, lambda: source.decode(folder, split, True), lacking=lacking)
    else:
        decoded = source.decode(folder, split, False)
    first = 0 if split == "train" else source.train_examples
    ids = first + np.arange(len(decoded.labels))
    return in_memory(decoded.images, decoded.labels, ids, decoded.class_names)


def files_at(*places: str) -> Callable[[Any, Path | None], list[Path]]:
    """The visible files at places below the root: what torchvision unpacked or downloaded there."""

    def files(options: Any, root: Path | None) -> list[Path]:  # noqa: ARG001
        folder = FOLDER if root is None else root
        return [file for place in places for file in visible_files(folder / place)]

    return files


def _check_members(folder: Path, members: list[Member]) -> list[Path]:
    """Files that are missing; one that is there must be the published one."""
    missing = []
    for member in members:
        path = folder / member.path
        if path.is_file():
            check_md5(path, member.md5)
        else:
            missing.append(path)
    return missing


def cifar_set(name: str, torchvision_class: str) -> TorchvisionSet:
    """CIFAR-10 or CIFAR-100: 50 000 training and 10 000 test images in pickles, colours already first."""

    def cls() -> Any:
        from torchvision import datasets

        return getattr(datasets, torchvision_class)

    def members(split: str) -> list[Member]:  # noqa: ARG001  it verifies both splits, whichever is read
        data = cls()
        listed = [*data.train_list, *data.test_list, (data.meta["filename"], data.meta["md5"])]
        return [Member(f"{data.base_folder}/{file}", md5) for file, md5 in listed]

    def decode(root: Path, split: str, download: bool) -> Decoded:
        data = cls()(root, train=split == "train", download=download)
        images = np.ascontiguousarray(data.data.transpose(0, 3, 1, 2))
        return Decoded(images, np.asarray(data.targets), tuple(data.classes))

    return TorchvisionSet(name, 50_000, members, decode)
