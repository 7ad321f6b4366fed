"""How many images a study has, known before any is read: from what is prepared already, or from the data set."""

from pathlib import Path

import numpy as np
from jaxtyping import Int64

from lethe.core import registry
from lethe.core.errors import ConfigError, DataError, LetheError
from lethe.core.options import expanded, read_options
from lethe.data.plant import read_plants
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
    # What was prepared of a part of the training images does not say how many there were.
    asked = study.dataset
    is_whole = asked.train_size is None and asked.validation_size is None and not asked.planted
    if is_whole and is_prepared(study):
        labels = [read_table(file, schema.EXAMPLES, ["label"])["label"].to_numpy() for file in _prepared_files(study)]
        return Counts(tuple(np.bincount(labels[0]).tolist()), len(labels[-1]))
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
    dataset = study.dataset
    planted, has_attributes = dataset.planted or None, dataset.attributes is not None or None
    asked = (dataset.name, dataset.options, dataset.train_size, dataset.validation_size, planted, has_attributes)
    try:
        records = [read_record(file) for file in _prepared_files(study)]
    except (LetheError, OSError, ValueError):
        return False
    keys = ("dataset", "options", "train_size", "validation_size", "planted", "has_attributes")
    return all(tuple(map(record.get, keys)) == asked for record in records)


def train_counts(study: Study, counts: Counts) -> Int64[np.ndarray, " classes"]:
    """Training images of every class that a seed is trained on: see `subset.divided`, `plant.plant` and `parts`."""
    by_class, size, aside = np.array(counts.train), study.dataset.train_size, study.dataset.validation_size
    if size is not None:
        by_class = by_class if size > by_class.sum() else largest_remainder(by_class, size)
    elif aside is not None and aside <= by_class.sum():
        by_class = by_class - largest_remainder(by_class, aside)
    for asked in read_plants(study.dataset.planted):
        left = asked.spec.counts(tuple(by_class.tolist()), asked.options, asked.generator(study.seeds.study))
        by_class = np.array(left)
    share = study.seeds.share
    return by_class if share is None else largest_remainder(by_class, round(share * int(by_class.sum())))


def _prepared_files(study: Study) -> list[Path]:
    """Tables of the images of every split."""
    pattern = Grid(study).named(EXAMPLES)
    return [Path(pattern.format(split=split)) for split in study.dataset.splits]
