"""What the report shows of the data set: pixels of a few examples, names of the classes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lethe.core.errors import DataError
from lethe.report.plain import plain
from lethe.store.images import open_images
from lethe.store.schema import EXAMPLES
from lethe.store.tables import read_record, read_table


def read_images(pairs: Mapping[Path, Path], wanted: pd.Series) -> pd.DataFrame:
    """Pixels of the wanted examples.

    Args:
        pairs: images (n, channels, height, width) -> the table of their examples, row by row.
        wanted: example ids; missing values are skipped.
    Returns: `example_id` and `pixels`, (h, w) or (h, w, 3).
    Raises: DataError: an example is in none of the files, or a file's rows do not fit its table.
    """
    ids = set(wanted.dropna().astype(int))
    found: dict[int, np.ndarray] = {}
    for images_path, examples_path in pairs.items():
        images = open_images(images_path, read_record(examples_path))
        examples = read_table(examples_path, EXAMPLES)["example_id"]
        if len(images) != len(examples):
            raise DataError(
                f"{images_path} has {len(images)} images, {examples_path} {len(examples)} rows; prepare again"
            )
        wanted_rows = {int(i): images[row] for row, i in enumerate(examples) if int(i) in ids}
        found |= {
            i: np.ascontiguousarray(image[0] if len(image) == 1 else np.moveaxis(image, 0, -1))
            for i, image in wanted_rows.items()
        }
    if ids - set(found):
        missing = sorted(ids - set(found))[:5]
        raise DataError(f"no image for the examples {missing}; give the images of every split in the gallery")
    return pd.DataFrame({"example_id": list(found), "pixels": list(found.values())})


def read_told(examples: Sequence[Path]) -> tuple[str, ...]:
    """What a person should know of the images, a sentence each, as it was found when they were prepared."""
    told = [sentence for path in examples for sentence in read_record(path).get("told", ())]
    return tuple(dict.fromkeys(told))


def read_class_names(examples: Sequence[Path]) -> dict[int, str]:
    """Names of the classes by label, from the tables of examples, as they can stand in a line (see `plain`)."""
    names: dict[int, str] = {}
    for path in examples:
        rows = read_table(path, EXAMPLES, ["label", "class_name"]).drop_duplicates()
        names |= dict(zip(rows["label"].astype(int), map(plain, rows["class_name"].astype(str)), strict=True))
    return names
