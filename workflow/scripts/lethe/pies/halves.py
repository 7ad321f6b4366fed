"""Disjoint halves of the seeds, for statements that need two populations which share no network."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from jaxtyping import Int

# Ten seeds have 126 splits: all are used and no chance is left. Where there are more, as many random ones are drawn.
MOST_SPLITS = 128


@dataclass(frozen=True)
class Halves:
    """Splits of K seeds into two disjoint halves of floor(K/2), in random order within a half."""

    first: Int[np.ndarray, "splits half"]
    second: Int[np.ndarray, "splits half"]

    def __iter__(self) -> Iterator[tuple[Int[np.ndarray, " half"], Int[np.ndarray, " half"]]]:
        """Pairs of halves, one per split."""
        return iter(zip(self.first, self.second, strict=True))

    def __len__(self) -> int:
        return len(self.first)


def split_in_halves(num_models: int, generator: np.random.Generator, *, most: int = MOST_SPLITS) -> Halves:
    """All splits into halves if there are at most `most`, else that many random ones.

    (A, B) and (B, A) count as one split: users of it use both orders. With an odd K one seed is left out, every seed
    about equally often. The order within a half is random, so that its first m are a random population of m.
    """
    half = num_models // 2
    if half == 0:
        empty = np.empty((0, 0), np.int64)
        return Halves(empty, empty)
    num_splits = comb(num_models, 2 * half) * comb(2 * half, half) // 2
    splits = _all_splits(num_models) if num_splits <= most else _random_splits(num_models, most, generator)
    return Halves(generator.permuted(splits[:, :half], axis=1), generator.permuted(splits[:, half:], axis=1))


def _all_splits(num_models: int) -> Int[np.ndarray, "splits seeds"]:
    """Every split once, the first half in front."""
    half = num_models // 2
    rows = []
    for seeds in combinations(range(num_models), 2 * half):
        # The smallest seed stands in the first half, so that no split is listed in both orders.
        for others in combinations(seeds[1:], half - 1):
            first = (seeds[0], *others)
            rows.append((*first, *(seed for seed in seeds if seed not in first)))
    return np.array(rows, np.int64)


def _random_splits(num_models: int, count: int, generator: np.random.Generator) -> Int[np.ndarray, "splits seeds"]:
    """Random splits, the first half in front; with an odd K the seed that is left out goes around."""
    splits = generator.permuted(np.tile(np.arange(num_models), (count, 1)), axis=1)
    if num_models % 2 == 0:
        return splits
    left_out = generator.permutation(num_models)[np.arange(count) % num_models]
    position = np.arange(num_models) == (splits == left_out[:, None]).argmax(axis=1)[:, None]
    return splits[~position].reshape(count, num_models - 1)
