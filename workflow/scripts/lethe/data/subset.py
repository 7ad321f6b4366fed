"""Stratified parts of the training examples: every class keeps its share as exactly as integers allow.

The part on which networks are trained is drawn first, so that it does not depend on how many images are set aside.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from lethe.core.errors import ConfigError
from lethe.core.seeding import study_generator


@dataclass(frozen=True)
class Parts:
    """Rows of the training examples, ascending: those that networks are trained on, and those that none is."""

    train: Int64[np.ndarray, " trained"]
    validation: Int64[np.ndarray, " validation"]


def divided(
    labels: Int64[np.ndarray, " examples"], *, train_size: int | None, validation_size: int | None, study_seed: int
) -> Parts:
    """The training examples of a study: `train_size` of them, or all that are not set aside.

    Raises: ConfigError: more than there are, or a class is left without an example of either part.
    """
    rows = np.arange(len(labels))
    train = rows
    if train_size is not None:
        train = stratified_rows(labels, train_size, study_generator(study_seed, "train_size"))
        rows = np.setdiff1d(rows, train)
    if validation_size is None:
        return Parts(train, rows[:0])
    generator = study_generator(study_seed, "validation_size")
    validation = rows[_validation_rows(labels, rows, validation_size, generator)]
    return Parts(train if train_size is not None else np.setdiff1d(rows, validation), validation)


def _validation_rows(
    labels: Int64[np.ndarray, " examples"],
    rows: Int64[np.ndarray, " free"],
    size: int,
    generator: np.random.Generator,
) -> Int64[np.ndarray, " chosen"]:
    """Positions among the free rows of those that are set aside.

    Raises: ConfigError: see `divided`.
    """
    said = f"dataset.validation_size: {size} given, "
    if size > len(rows):
        raise ConfigError(f"{said}but {len(rows)} of {len(labels)} training examples are not trained on; lower it")
    _, counts = np.unique(labels[rows], return_counts=True)
    quotas = largest_remainder(counts, size)
    classes = len(np.unique(labels))
    empty = classes - np.count_nonzero(quotas)
    if empty:
        raise ConfigError(f"{said}which leaves {empty} of {classes} classes without a validation example; raise it")
    taken = int((quotas == counts).sum())
    if taken and len(rows) == len(labels):
        raise ConfigError(f"{said}which leaves {taken} of {classes} classes without a training example; lower it")
    return rows_of_quotas(labels[rows], quotas, generator)


def stratified_rows(
    labels: Int64[np.ndarray, " examples"], size: int, generator: np.random.Generator
) -> Int64[np.ndarray, " chosen"]:
    """Rows of `size` examples, ascending.

    Each class gets its quota rounded down, and the classes with the largest remainders one more; of equal
    remainders the smaller label comes first.

    Raises: ConfigError: more than there are, or so few that a class would be left without an example.
    """
    if size > len(labels):
        raise ConfigError(f"dataset.train_size: {size} given, but there are {len(labels)} training examples; lower it")
    classes, counts = np.unique(labels, return_counts=True)
    quotas = largest_remainder(counts, size)
    if not quotas.all():
        raise ConfigError(
            f"dataset.train_size: {size} given, which leaves {int((quotas == 0).sum())} of {len(classes)} classes "
            "without a training example; raise it"
        )
    return rows_of_quotas(labels, quotas, generator)


def rows_of_quotas(
    labels: Int64[np.ndarray, " examples"], quotas: Int64[np.ndarray, " classes"], generator: np.random.Generator
) -> Int64[np.ndarray, " chosen"]:
    """Ascending rows of so many examples of each class that occurs, classes ascending.

    Whole classes are shuffled, so that with equal generators smaller quotas choose a part of what larger ones choose.
    """
    chosen = [
        generator.permutation(np.flatnonzero(labels == label))[:quota]
        for label, quota in zip(np.unique(labels), quotas, strict=True)
    ]
    return np.sort(np.concatenate(chosen))


def largest_remainder(counts: Int64[np.ndarray, " classes"], size: int) -> Int64[np.ndarray, " classes"]:
    """`size` seats shared out in proportion to `counts`, in whole numbers.

    Source: Hamilton's method of apportionment.
    """
    quotas, remainders = np.divmod(size * counts, counts.sum())
    missing = size - int(quotas.sum())
    quotas[np.argsort(-remainders, kind="stable")[:missing]] += 1
    return quotas
