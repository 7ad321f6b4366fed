"""Data sets published as four IDX files: where they are looked for, how they are verified, how they are numbered.

Looked for in this order, a folder counting only if it holds all four files: `dataset.root` itself; torchvision's folder
in it (`FashionMNIST/raw`); where the operating system's package installs them; then torchvision downloads them into
`dataset.root`, by default the folder `data` where the workflow runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import Field

from lethe.core.errors import DataError
from lethe.core.options import Strict
from lethe.data.downloads import FOLDER, download, wait_for_others
from lethe.data.idx import WAY_OUT, check_md5, read_idx
from lethe.data.spec import Counts, Split, in_memory

TRAIN_EXAMPLES, TEST_EXAMPLES = 60_000, 10_000
_STEMS = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


class Options(Strict):
    """Options of every data set published as IDX files."""

    verify: bool = Field(default=True, description="refuse files that are not the published ones; false for own files")


@dataclass(frozen=True)
class IdxSet:
    """One such data set.

    Attributes:
        torchvision: class in torchvision.datasets; also the folder it downloads into.
        sha256: of the decompressed files, by file name.
        md5: of the .gz files as published, by file name; for files that lie there as .gz.
        installed: folders of operating system packages.
    """

    name: str
    torchvision: str
    class_names: tuple[str, ...]
    sha256: Mapping[str, str]
    md5: Mapping[str, str]
    installed: tuple[Path, ...] = ()


def published(counts: Counts) -> Callable[[Options, Path | None], Counts | None]:
    """The numbers of images of the published files; of own ones nobody knows them."""
    return lambda options, root: counts if options.verify else None  # noqa: ARG005


def load_idx(source: IdxSet, options: Options, root: Path | None, split: str) -> Split:
    """One split; example_id is the position in the file, test after the 60 000 of the published training split.

    Raises: DataError: files missing, not downloadable, truncated, corrupt, or not the published ones.
    """
    folder = _find(source, root)
    image_stem, label_stem = _STEMS[split]
    images = _read(source, _file(folder, image_stem), options, dimensions=3)
    labels = _read(source, _file(folder, label_stem), options, dimensions=1)
    _check_examples(source, _file(folder, label_stem), images, labels)
    published = TRAIN_EXAMPLES if split == "train" else TEST_EXAMPLES
    if len(labels) > published or (options.verify and len(labels) != published):
        raise DataError(
            f"{_file(folder, label_stem)}: {len(labels)} examples, {source.name} has {published}; {WAY_OUT}"
        )
    first = 0 if split == "train" else TRAIN_EXAMPLES
    return in_memory(images[:, None], labels, first + np.arange(len(labels)), source.class_names)


def idx_files(source: IdxSet, root: Path | None) -> list[Path]:
    """The four files that are there to be read; none where they are still to be downloaded."""
    there = next((folder for folder in _folders(source, root) if not _missing(folder)), None)
    return [] if there is None else [_file(there, stem) for stems in _STEMS.values() for stem in stems]


def _read(source: IdxSet, path: Path, options: Options, *, dimensions: int) -> np.ndarray:
    """The array of one file, its content compared with what was published unless an option forbids it."""
    if not options.verify:
        return read_idx(path, dimensions)
    if path.name in source.md5:
        check_md5(path, source.md5[path.name])
    return read_idx(path, dimensions, sha256=source.sha256.get(path.name.removesuffix(".gz")))


def _check_examples(source: IdxSet, path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Refuse images and labels that do not belong together."""
    if len(images) != len(labels):
        raise DataError(f"{path}: {len(labels)} labels for {len(images)} images; {WAY_OUT}")
    if len(labels) == 0 or labels.max() >= len(source.class_names):
        raise DataError(f"{path}: needs labels from 0 to {len(source.class_names) - 1}; {WAY_OUT}")


def _find(source: IdxSet, root: Path | None) -> Path:
    """The first folder that holds all four files, after a download if none does."""
    folder = FOLDER if root is None else root
    wait_for_others(folder / source.torchvision)
    folders = _folders(source, root)
    for each in folders:
        if not _missing(each):
            return each
    lacking = "; ".join(f"{each} lacks {', '.join(_missing(each))}" for each in folders)
    download(folder / source.torchvision, lambda: _fetch(source, folder), lacking=f"{source.name}: {lacking}")
    return folder / source.torchvision / "raw"


def _folders(source: IdxSet, root: Path | None) -> tuple[Path, ...]:
    """Where the files are looked for."""
    folder = FOLDER if root is None else root
    return (folder, folder / source.torchvision / "raw", *source.installed)


def _fetch(source: IdxSet, folder: Path) -> None:
    from torchvision import datasets

    getattr(datasets, source.torchvision)(folder, download=True)


def _missing(folder: Path) -> list[str]:
    return [stem for stems in _STEMS.values() for stem in stems if not _file(folder, stem).is_file()]


def _file(folder: Path, stem: str) -> Path:
    """The .gz if it is there, because only that has a published md5; else the raw file."""
    packed = folder / f"{stem}.gz"
    return packed if packed.is_file() else folder / stem
