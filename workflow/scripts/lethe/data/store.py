"""The store: every split of a study as one memory-mapped array of uint8 images and one table of its examples.

All jobs of a study map the same file, so the images lie in memory once however many jobs run on a machine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int64, UInt8

from lethe.core.errors import DataError
from lethe.store import schema
from lethe.store.images import open_images
from lethe.store.tables import read_record, read_table

if TYPE_CHECKING:  # drawing labels and preparing images start without torch
    import torch

# A channel that varies less than this part of what that channel varies that varies most is seen as faintly by networks.
FAINT = 0.1
_CHUNK_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Stored:
    """One split of a prepared data set.

    Attributes:
        images: mapped, not read.
        record: what the split was made from.
        file: the mapped file, for messages; None for a split that was never in one.
    """

    images: UInt8[np.ndarray, "examples channels height width"]
    labels: Int64[np.ndarray, " examples"]
    example_ids: Int64[np.ndarray, " examples"]
    record: Mapping[str, Any]
    file: Path | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour."""
        return int(self.images.shape[1])

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of all classes, label 0 first, whether or not the split has examples of each."""
        return tuple(self.record["class_names"])

    def images_on(self, device: "torch.device", rows: np.ndarray | slice = slice(None)) -> "torch.Tensor":
        """The images, or those of some rows, as a uint8 tensor on a device."""
        import torch

        return torch.from_numpy(self.images[rows]).to(device)

    @property
    def views(self) -> tuple[str, ...]:
        """Views that preserve every label."""
        return tuple(self.record["views"])


@dataclass(frozen=True)
class BothSplits:
    """What networks are trained on, and what they are tested on."""

    train: Stored
    test: Stored


def open_splits(folder: Path) -> BothSplits:
    """Both prepared splits of a folder, their images mapped.

    Raises: DataError, SchemaError: as `open_split`.
    """
    train, test = (open_split(folder / f"{split}.npy", folder / f"{split}.parquet") for split in ("train", "test"))
    return BothSplits(train, test)


def open_split(images: Path, examples: Path) -> Stored:
    """A prepared split, its images verified and mapped.

    Raises:
        DataError: the images are missing, or not those that the table describes.
        SchemaError: the table is not one of examples.
    """
    table = read_table(examples, schema.EXAMPLES, ["example_id", "label"])
    record = read_record(examples)
    pixels = open_images(images, record)
    if list(pixels.shape) != record["shape"] or len(pixels) != len(table) or pixels.dtype != np.uint8:
        raise DataError(
            f"{images} holds {pixels.dtype} {pixels.shape}, but {examples} describes uint8 "
            f"{tuple(record['shape'])} and {len(table)} examples; delete both and run again"
        )
    return Stored(pixels, np.array(table["label"]), np.array(table["example_id"]), record, images)


def read_paths(examples: Path) -> tuple[str, ...]:
    """Where each image of a split lies below the data set's root; empty where images have no files of their own.

    Raises: SchemaError: the table is not one of examples.
    """
    table = read_table(examples, schema.EXAMPLES)
    return tuple(table["path"]) if "path" in table else ()


def chunks(count: int, bytes_each: int) -> Iterator[slice]:
    """Consecutive rows of about 16 MiB, so that memory does not grow with the data set."""
    rows_each = max(1, _CHUNK_BYTES // bytes_each)
    return (slice(start, min(start + rows_each, count)) for start in range(0, count, rows_each))
