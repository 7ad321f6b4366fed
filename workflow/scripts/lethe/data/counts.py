"""How many images a study has, known before any is read: from what is prepared already, or from the data set."""

from pathlib import Path

import numpy as np
from jaxtyping import Int64

from lethe.core import registry
from lethe.core.errors import ConfigError, DataError, LetheError
from lethe.core.options import expanded, read_options
from lethe.data.spec import Counts, DataSpec
from lethe.data.subset import largest_remainder
from lethe.store import schema
from lethe.store.tables import read_record, read_table
from lethe.study.config import Study
from lethe.study.grid import Grid
from lethe.study.paths import EXAMPLES
from lethe.study.places import root_mistake

DECIDES_NO_RESULT = "looks at a study before any job"


def check_root(study: Study, *, where: str) -> None:
    """Refuse a `dataset.root` at which nothing can lie, unless the images are prepared already.

    Raises: ConfigError: in one sentence.
    """
    mistake = root_mistake(study)
    if mistake and not is_prepared(study):
        raise ConfigError(f"{where}: {mistake}")


def counts_of(study: Study) -> Counts | None:
    """Images of the data set, all training images of it; None where only a job that reads the files will know.

    Raises: DataError: the files are not where the study says.
    """
    # What was prepared with a train_size does not say how many there were.
    if study.dataset.train_size is None and is_prepared(study):
        labels = [read_table(file, schema.EXAMPLES, ["label"])["label"].to_numpy() for file in _prepared_files(study)]
        return Counts(tuple(np.bincount(labels[0]).tolist()), len(labels[1]))
    spec: DataSpec = registry.load(registry.SETS, study.dataset.name)
    root = expanded(study.dataset.root) if study.dataset.root else None
    try:
        return spec.count(read_options(spec.Options, study.dataset.options), root)
    except DataError:
        if is_prepared(study):
            return None
        raise


def is_prepared(study: Study) -> bool:
    """Whether the images that a study asks for lie in its results, so that nobody needs the data set's own files."""
    asked = (study.dataset.name, study.dataset.options, study.dataset.train_size)
    try:
        records = [read_record(file) for file in _prepared_files(study)]
    except (LetheError, OSError, ValueError):
        return False
    return all((record.get("dataset"), record.get("options"), record.get("train_size")) == asked for record in records)


def train_counts(study: Study, counts: Counts) -> Int64[np.ndarray, " classes"]:
    """Training images of every class that the study uses: all of them, or `dataset.train_size` of them."""
    by_class, size = np.array(counts.train), study.dataset.train_size
    return by_class if size is None or size > by_class.sum() else largest_remainder(by_class, size)


def _prepared_files(study: Study) -> list[Path]:
    """Tables of the training and the test images."""
    pattern = Grid(study).named(EXAMPLES)
    return [Path(pattern.format(split=split)) for split in ("train", "test")]
