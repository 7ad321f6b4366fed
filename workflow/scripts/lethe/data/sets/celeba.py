"""CelebA: 202 599 faces with 40 attributes each; one attribute is the label, all are attributes of the examples.

Below the root lie `img_align_celeba/000001.jpg` ..., `list_attr_celeba.txt` (the number of images, the names of the
attributes, then one line per image with 1 or -1 for each) and `list_eval_partition.txt` (one line per image with 0 for
training, 1 for validation, 2 for testing), or all of these in a folder `celeba`. The official training and test
images are read; those of partition 1 are left out: images to choose settings on are set aside by
`dataset.validation_size`.

Source: Liu et al. 2015, arXiv:1411.7766; blond hair as the label, sex and age as groups: Hooker et al. 2020,
arXiv:2010.03058.
"""

from pathlib import Path

import numpy as np
from pydantic import Field

from lethe.core.errors import DataError
from lethe.core.options import Pixels, Strict
from lethe.core.splits import NO, YES
from lethe.core.suggest import known_names
from lethe.data.pictures import Pictures
from lethe.data.spec import Counts, DataSpec, Split

_IMAGES, _ATTRIBUTES, _PARTITION = "img_align_celeba", "list_attr_celeba.txt", "list_eval_partition.txt"
_PARTS = {"train": "0", "test": "2"}
_WAY_OUT = "; put the published file there, or name another folder as dataset.root"


class Options(Strict):
    """What is to be told apart, and the size of the stored images."""

    label: str = Field(default="Blond_Hair", description="the attribute that is the label: class 1 has it")
    size: Pixels = Field(
        default=64, description="height and width in pixels after resizing the shorter side and cropping"
    )


def load(options: Options, root: Path | None, split: str) -> Split:
    """One split; example_id is the number in the file's name.

    Raises: DataError: a file is missing, an attribute is unknown, a line is not as it should be.
    """
    folder = _folder(root)
    names, values = _attributes(folder / _ATTRIBUTES)
    if options.label not in names:
        raise DataError(
            f"dataset.options.label: unknown attribute '{options.label}'; {known_names(options.label, names)}"
        )
    parts = _partition(folder / _PARTITION)
    for table, other, where in ((parts, values, _ATTRIBUTES), (values, parts, _PARTITION)):
        lacking = next((name for name in table if name not in other), None)
        if lacking:
            raise DataError(f"{folder / where} has no line for {lacking}; dataset.root must hold both published tables")
    files = [name for name, part in parts.items() if part == _PARTS[split]]
    if not files:
        raise DataError(f"{folder / _PARTITION} has no image of the {split} part ({_PARTS[split]}){_WAY_OUT}")
    ones = np.array([values[name] for name in files])
    pictures = Pictures([(folder / _IMAGES / name, name) for name in files], split, options.size, 3)
    return Split(
        ones[:, names.index(options.label)].astype(np.int64),
        np.array([_number(name, folder) for name in files], dtype=np.int64),
        (f"not {options.label}", options.label),
        pictures.read,
        paths=tuple(f"{_IMAGES}/{name}" for name in files),
        told=pictures.remarks,
        attributes={name: np.where(ones[:, column], YES, NO).astype(object) for column, name in enumerate(names)},
    )


def count(options: Options, root: Path | None) -> Counts:
    """How many images there are of either class, none of them decoded.

    Raises: DataError: as `load`.
    """
    train, test = load(options, root, "train"), load(options, root, "test")
    return Counts(tuple(np.bincount(train.labels, minlength=2).tolist()), len(test))


def files(options: Options, root: Path | None) -> list[Path]:  # noqa: ARG001
    """The two tables and the images of both parts.

    Raises: DataError: as `load`.
    """
    if root is None:
        return []
    folder = _folder(root)
    named = [name for name, part in _partition(folder / _PARTITION).items() if part in _PARTS.values()]
    return [folder / _ATTRIBUTES, folder / _PARTITION, *(folder / _IMAGES / name for name in named)]


def _folder(root: Path | None) -> Path:
    """Where the tables lie.

    Raises: DataError: they lie nowhere.
    """
    if root is None:
        raise DataError("dataset.root is missing; celeba needs the folder that holds img_align_celeba/")
    folder = root / "celeba" if (root / "celeba").is_dir() else root
    for name in (_ATTRIBUTES, _PARTITION, _IMAGES):
        if not (folder / name).exists():
            raise DataError(
                f"{folder / name} is missing; dataset.root must hold {_IMAGES}/, {_ATTRIBUTES} and {_PARTITION}"
            )
    return folder


def _attributes(file: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """Names of the attributes, and by image whether it has each."""
    lines = _lines(file)
    names = lines[1].split() if len(lines) > 1 else []
    found = {}
    for number, line in enumerate(lines[2:], start=3):
        name, *values = line.split() or [""]
        if not name:
            continue
        if len(values) != len(names) or not set(values) <= {"1", "-1"}:
            raise DataError(
                f"{file}, line {number}: expected a file name and {len(names)} values, each 1 or -1{_WAY_OUT}"
            )
        found[name] = np.array(values) == "1"
    if not names or not found:
        raise DataError(
            f"{file} holds no attributes; expected the number of images, their names, then a line per image{_WAY_OUT}"
        )
    if lines[0].strip() != str(len(found)):
        raise DataError(f"{file} says that it has {lines[0].strip()} images and has {len(found)}{_WAY_OUT}")
    return names, found


def _lines(file: Path) -> list[str]:
    """The lines of a table.

    Raises: DataError: it is no text.
    """
    try:
        return file.read_text(encoding="ascii").splitlines()
    except UnicodeDecodeError:
        raise DataError(f"{file} is no table of celeba, as it is no plain text{_WAY_OUT}") from None


def _partition(file: Path) -> dict[str, str]:
    """By image, the part that it belongs to."""
    found = {}
    for number, line in enumerate(_lines(file), start=1):
        words = line.split()
        if not words:
            continue
        if len(words) != 2 or words[1] not in ("0", "1", "2"):
            raise DataError(f"{file}, line {number}: expected a file name and 0, 1 or 2{_WAY_OUT}")
        found[words[0]] = words[1]
    return found


def _number(name: str, folder: Path) -> int:
    """The number in a file's name."""
    stem = Path(name).stem
    if not stem.isdecimal():
        raise DataError(f"{folder / _PARTITION}: '{name}' is no numbered file, as 000001.jpg is")
    return int(stem)


SPEC = DataSpec(
    name="celeba",
    summary="202 599 faces with 40 attributes, of which one is the label and all are groups",
    source="Liu et al. 2015, arXiv:1411.7766",
    views=("crop", "resized_crop", "flip"),
    channels=3,
    load=load,
    root="needed",
    count=count,
    files=files,
    Options=Options,
    attributes=True,
)
