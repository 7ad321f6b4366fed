"""Votes of two populations: how many models gave each class, and a compact form of them.

In the compact form a thousand classes cost no more than the few that any one example receives.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from lethe.core.errors import EmptyPopulation

# Cells of the count table that one bincount may make: bincount counts in int64, the table keeps 16 bits.
_CHUNK = 1 << 22


def vote_counts(labels: Int[np.ndarray, "models examples"], num_classes: int) -> Int[np.ndarray, "examples classes"]:
    """How many models give each class to each example.

    Args: labels: predicted classes in 0 .. num_classes - 1, one row a model.
    Raises: EmptyPopulation: no model.
    """
    num_models, num_examples = labels.shape
    if num_models == 0:
        raise EmptyPopulation("0 models given, at least 1 is needed to count votes; check the list of evaluations")
    counts = np.empty((num_examples, num_classes), np.int16 if num_models < 1 << 15 else np.int32)
    step = max(1, _CHUNK // num_classes)
    for start in range(0, num_examples, step):
        part = labels[:, start : start + step]
        cells = part + num_classes * np.arange(part.shape[1])
        found = np.bincount(cells.ravel(), minlength=part.shape[1] * num_classes)
        counts[start : start + step] = found.reshape(-1, num_classes)
    return counts


@dataclass(frozen=True)
class Ballots:
    """Votes of a dense and a compressed population in codes local to each example.

    The classes that occur for an example (as a vote or as its label) are numbered 0, 1, ... in ascending order, so
    "smallest" and "largest" mean the same in codes as in classes, and there are at most 2K + 1 codes.

    Attributes:
        labels: code of the true class.
        classes: class that each code stands for; unused codes repeat -1.
        num_unanimous: examples left out because all models of both populations agree on them.
        unanimous_right: those of them whose common vote is the label.
    """

    dense: Int[np.ndarray, "models examples"]
    compressed: Int[np.ndarray, "models examples"]
    labels: Int[np.ndarray, " examples"]
    classes: Int[np.ndarray, "examples classes"]
    num_unanimous: int = 0
    unanimous_right: int = 0

    @property
    def num_models(self) -> int:
        """K, the size of either population."""
        return self.dense.shape[0]

    @property
    def num_codes(self) -> int:
        """Largest number of classes that occur for one example."""
        return self.classes.shape[1]

    @property
    def num_examples(self) -> int:
        """N, the examples left out included."""
        return self.dense.shape[1] + self.num_unanimous


def local_codes(
    dense: Int[np.ndarray, "models examples"],
    compressed: Int[np.ndarray, "models examples"],
    labels: Int[np.ndarray, " examples"],
) -> Ballots:
    """Ballots of all examples; row k of both arguments is the same seed."""
    votes = np.concatenate([dense, compressed, labels[None]])
    order = votes.argsort(axis=0, kind="stable")
    ranked = np.take_along_axis(votes, order, axis=0)
    ranks = np.zeros(votes.shape, np.int16)
    np.cumsum(ranked[1:] != ranked[:-1], axis=0, dtype=np.int16, out=ranks[1:])
    codes = np.empty_like(ranks)
    np.put_along_axis(codes, order, ranks, axis=0)
    classes = np.full((votes.shape[1], int(ranks.max(initial=0)) + 1), -1, np.int64)
    np.put_along_axis(classes, ranks.T.astype(np.int64), ranked.T, axis=1)
    num_models = dense.shape[0]
    return Ballots(codes[:num_models], codes[num_models:-1], codes[-1], classes)


def contested(ballots: Ballots) -> Ballots:
    """The examples on which not all models of both populations agree: the only ones that any deletion can change."""
    common = ballots.dense[0]
    chosen = (ballots.dense != common).any(axis=0) | (ballots.compressed != common).any(axis=0)
    return Ballots(
        dense=ballots.dense[:, chosen],
        compressed=ballots.compressed[:, chosen],
        labels=ballots.labels[chosen],
        classes=ballots.classes[chosen],
        num_unanimous=ballots.num_unanimous + int((~chosen).sum()),
        unanimous_right=ballots.unanimous_right + int((~chosen & (common == ballots.labels)).sum()),
    )
