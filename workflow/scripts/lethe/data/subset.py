"""A stratified part of the training examples: every class keeps its share as exactly as integers allow."""

import numpy as np
from jaxtyping import Int64

from lethe.core.errors import ConfigError


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
