"""Any images in folders: root/train/<class>/*, and root/test/<class>/* or root/val/<class>/*.

Every image is decoded once, its shorter side resized to `size` (bilinear, antialiased), its centre cut out square.
Files count as images by their suffix; sub-folders of a class are searched too; other files and hidden ones are left
alone. The folders have no published checksum; that of the stored array is in the record. Images are read on demand,
so that a large folder never has to fit in memory.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8
from pydantic import BaseModel, ConfigDict, Field

from lethe.core.errors import DataError
from lethe.data.spec import DataSpec, Split

_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
_LAYOUT = "expected root/train/<class>/* and root/test/<class>/* (or root/val)"


class Options(BaseModel):
    """The size of the stored images; it decides what a network can see, so it has no default."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    size: int = Field(ge=4, description="height and width in pixels after resizing the shorter side and cropping")
    channels: Literal[1, 3] = Field(default=3, description="3 for colour, 1 for grey")


def load(options: Options, root: Path | None, split: str) -> Split:
    """One split; example_id counts the sorted relative paths, training images first, then test images.

    Raises: DataError: no root, folders missing or empty, classes that differ, a file that is not an image.
    """
    if root is None:
        raise DataError("dataset.root is missing; image_folder needs the folder that holds train/ and test/")
    train, test = _list_images(root / "train"), _list_images(_test_folder(root))
    class_names = tuple(sorted(train))
    if class_names != tuple(sorted(test)):
        differing = ", ".join(sorted(set(train) ^ set(test)))
        raise DataError(f"{root}: classes only in one of train and test: {differing}; both need the same folders")
    chosen, first = (train, 0) if split == "train" else (test, sum(map(len, train.values())))
    paths = [path for name in class_names for path in chosen[name]]
    labels = np.repeat(np.arange(len(class_names)), [len(chosen[name]) for name in class_names])

    def read(rows: np.ndarray) -> np.ndarray:
        # Pillow decodes and resizes outside Python's lock, so threads use every core.
        with ThreadPoolExecutor() as pool:
            return np.stack(list(pool.map(lambda row: read_image(paths[row], options), rows)))

    return Split(labels.astype(np.int64), first + np.arange(len(paths), dtype=np.int64), class_names, read)


def read_image(path: Path, options: Options) -> UInt8[np.ndarray, "channels height width"]:
    """One image, resized and cropped.

    Raises: DataError: not an image, truncated, or with more than eight bits per channel.
    """
    from PIL import Image, ImageOps

    size = (options.size, options.size)
    try:
        with Image.open(path) as image:
            _check_depth(path, image.mode)
            converted = image.convert("L" if options.channels == 1 else "RGB")
            # Resizing the shorter side and cropping the centre is what `fit` does, in one pass.
            pixels = np.asarray(ImageOps.fit(converted, size, Image.Resampling.BILINEAR))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} is not a readable image ({error}); replace or remove it") from error
    return pixels.reshape(options.size, options.size, options.channels).transpose(2, 0, 1)


def _check_depth(path: Path, mode: str) -> None:
    # Pillow would clip such values at 255 instead of scaling them.
    if mode[0] in "IF":
        raise DataError(f"{path} has mode {mode}, more than eight bits per channel; convert it to eight bits")


def _test_folder(root: Path) -> Path:
    return root / "test" if (root / "test").is_dir() or not (root / "val").is_dir() else root / "val"


def _list_images(folder: Path) -> dict[str, list[Path]]:
    """Images of every class, sorted by path; hidden folders and files are no classes and no images."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; {_LAYOUT}")
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = {path.name: _images_below(path) for path in classes}
    for name, images in found.items():
        if not images:
            raise DataError(f"{folder / name} holds no image; known suffixes: {', '.join(sorted(_SUFFIXES))}")
    if not found:
        raise DataError(f"{folder} holds no folder; {_LAYOUT}")
    return found


def _images_below(folder: Path) -> list[Path]:
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    visible = (path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts))
    return sorted(visible, key=lambda path: path.relative_to(folder).as_posix())


SPEC = DataSpec(
    name="image_folder",
    summary="own images, one folder per class below train/ and test/",
    source="your own folder",
    views=("crop", "resized_crop", "flip"),
    channels=None,
    load=load,
    Options=Options,
)
