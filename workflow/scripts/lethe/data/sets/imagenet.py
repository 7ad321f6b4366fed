"""ImageNet as its challenge gives it: train/<wnid>/*.JPEG, and the 50 000 validation images as test images.

Validation images lie in val/<wnid>/*.JPEG, or all in val/*.JPEG with `LOC_val_solution.csv` beside (a column
ImageId, and PredictionString that begins with the wnid). Both splits lie below the root, below `ILSVRC/Data/CLS-LOC`
or below `Data/CLS-LOC`. Names of classes are those of `LOC_synset_mapping.txt` (`n01440764 tench, Tinca tinca`) up
to the first comma, where it is there; else wnids.

Source: Russakovsky et al. 2015, arXiv:1409.0575.
"""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
from pydantic import Field

from lethe.core.errors import DataError
from lethe.core.options import Pixels, Strict
from lethe.data import folders
from lethe.data.pictures import Pictures, example_ids
from lethe.data.spec import Counts, DataSpec, Split

_PLACES = ("", "ILSVRC/Data/CLS-LOC", "Data/CLS-LOC")
_SOLUTION, _MAPPING = "LOC_val_solution.csv", "LOC_synset_mapping.txt"
_SUFFIXES = (".jpeg", ".jpg")


class Options(Strict):
    """The size of the stored images."""

    size: Pixels = Field(
        default=224, description="height and width in pixels after resizing the shorter side and cropping"
    )


def load(options: Options, root: Path | None, split: str) -> Split:
    """One split; example_id is made from the path below the root.

    Raises: DataError: folders or labels are missing, or classes differ.
    """
    base, place = _base(root)
    found = _listed(base, place, "train" if split == "train" else "val")
    wnids = sorted({wnid for _, _, wnid in _listed(base, place, "train")})
    unknown = sorted({wnid for _, _, wnid in found} - set(wnids))
    if unknown:
        raise DataError(f"{place}: val has the class {unknown[0]}, and train has no folder of that name")
    labels = {wnid: label for label, wnid in enumerate(wnids)}
    pictures = Pictures([(path, name) for path, name, _ in found], split, options.size, 3)
    return Split(
        np.array([labels[wnid] for _, _, wnid in found], dtype=np.int64),
        example_ids([name for _, name, _ in found]),
        _class_names(base, wnids),
        pictures.read,
        paths=tuple(name for _, name, _ in found),
        told=pictures.remarks,
    )


def count(options: Options, root: Path | None) -> Counts:  # noqa: ARG001
    """How many files there are of every class, none of them decoded.

    Raises: DataError: as `load`.
    """
    base, place = _base(root)
    by_class = Counter(wnid for _, _, wnid in _listed(base, place, "train"))
    return Counts(tuple(by_class[wnid] for wnid in sorted(by_class)), len(_listed(base, place, "val")))


def files(options: Options, root: Path | None) -> list[Path]:  # noqa: ARG001
    """The images of both splits and the tables of labels.

    Raises: DataError: as `load`.
    """
    if root is None:
        return []
    base, place = _base(root)
    named = (_SOLUTION, _MAPPING) if _flat(place) else (_MAPPING,)
    tables = [file for name in named if (file := base / name).is_file()]
    return [*(path for split in ("train", "val") for path, _, _ in _listed(base, place, split)), *tables]


def _base(root: Path | None) -> tuple[Path, Path]:
    """The root, and the folder below it that holds train/ and val/.

    Raises: DataError: there is none.
    """
    if root is None:
        raise DataError("dataset.root is missing; imagenet needs the folder that holds train/ and val/")
    for place in _PLACES:
        if (root / place / "train").is_dir() and (root / place / "val").is_dir():
            return root, root / place
    raise DataError(
        f"{root} holds no train/ and val/, nor does {' or '.join(str(root / place) for place in _PLACES[1:])}"
    )


def _listed(base: Path, place: Path, split: str) -> list[tuple[Path, str, str]]:
    """Where every image is opened, its name below the root, and its class.

    Raises: DataError: no image, or one without a class.
    """
    found = []
    for folder in sorted(entry for entry in (place / split).iterdir() if entry.is_dir() and entry.name[0] != "."):
        found += [(path, folder.name) for path in sorted(folder.iterdir()) if path.suffix.lower() in _SUFFIXES]
    if not found and split == "val":
        flat, of_file = _flat(place), _solution(base)
        lacking = next((path for path in flat if path.stem not in of_file), None)
        if lacking is not None:
            raise DataError(f"{lacking} lies in no class folder, and {base / _SOLUTION} does not say its class")
        found = [(path, of_file[path.stem]) for path in flat]
    if not found:
        raise DataError(f"{place / split} holds no image; expected {split}/<wnid>/*.JPEG below dataset.root")
    return [(path, path.relative_to(base).as_posix(), wnid) for path, wnid in found]


def _flat(place: Path) -> list[Path]:
    """Validation images that lie in no class folder."""
    return sorted(path for path in (place / "val").iterdir() if path.suffix.lower() in _SUFFIXES)


def _solution(base: Path) -> dict[str, str]:
    """By validation image, its class; nothing where there is no such table."""
    file = base / _SOLUTION
    if not file.is_file():
        return {}
    rows = list(csv.DictReader(_text(file).splitlines()))
    if not rows or not {"ImageId", "PredictionString"} <= set(rows[0]):
        raise DataError(
            f"{file}: expected the columns ImageId and PredictionString, and a row per image; put the published file "
            "below dataset.root"
        )
    return {
        row["ImageId"]: row["PredictionString"].split()[0] for row in rows if (row["PredictionString"] or "").split()
    }


def _text(file: Path) -> str:
    """What a table says.

    Raises: DataError: it is no text.
    """
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DataError(f"{file} is no text; put the published file below dataset.root") from None


def _class_names(base: Path, wnids: list[str]) -> tuple[str, ...]:
    """A name for every class, two that are the same with their wnid."""
    file = base / _MAPPING
    said = {}
    if file.is_file():
        for line in _text(file).splitlines():
            wnid, _, words = line.partition(" ")
            said[wnid] = words.partition(",")[0].strip()
        lacking = next((wnid for wnid in wnids if not said.get(wnid)), None)
        if lacking is not None:
            raise DataError(
                f"{file} has no name for {lacking}; fetch it again, or remove it: then classes are called by wnid"
            )
    names = [folders.shown(said.get(wnid, wnid)) for wnid in wnids]
    taken = Counter(names)
    return tuple(name if taken[name] == 1 else f"{name} ({wnid})" for name, wnid in zip(names, wnids, strict=True))


SPEC = DataSpec(
    name="imagenet",
    summary="ImageNet's folders, the validation images as test images",
    source="Russakovsky et al. 2015, arXiv:1409.0575",
    views=("crop", "resized_crop", "flip"),
    channels=3,
    load=load,
    root="needed",
    count=count,
    files=files,
    Options=Options,
)
