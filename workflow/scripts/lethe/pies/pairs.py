"""Disjoint pairs of populations of one fixed, odd size m, for statements that need networks which share no seed.

The size does not grow with the number K of seeds: what two populations of K/2 networks disagree on shrinks as K grows,
so that studies of different K would be compared in different quantities, and thirty seeds would see less than ten.

Source: STATISTICS 1 of this project.
"""

from dataclasses import dataclass
from itertools import combinations
from math import ceil, comb

import numpy as np
from jaxtyping import Bool, Int

from lethe.core.errors import PopulationError

# Ten seeds have 2,100 pairs of m = 3: all are used and no chance is left. Where there are more, some are drawn.
MOST_PAIRS = 2500
DRAWN_PAIRS = 1500
_MANY_SEEDS, _OF_MANY, _OF_FEW = 10, 3, 1


def population_size(num_models: int, asked: int | None = None) -> int:
    """How many networks are in each population: as many as asked for, by default 3 of at least 10 seeds, else 1.

    Raises: PopulationError: an even size, in which the smallest class would win every tie of two, or one that leaves
        fewer than two populations when a seed is left out.
    """
    if asked is None:
        return _OF_MANY if num_models >= _MANY_SEEDS else _OF_FEW
    if asked % 2 == 0 or asked < 1 or 2 * asked > num_models - 1:
        raise PopulationError(
            f"populations of {asked} networks asked for with {num_models} seeds; allowed: odd sizes of at most half of "
            f"the seeds less one, here {_allowed(num_models)}"
        )
    return asked


def _allowed(num_models: int) -> str:
    sizes = range(1, (num_models - 1) // 2 + 1, 2)
    return ", ".join(map(str, sizes)) if sizes else "none: at least 3 seeds are needed"


@dataclass(frozen=True)
class Pairs:
    """Pairs of populations that share no seed; the order of seeds within a population is random."""

    first: Int[np.ndarray, "pairs m"]
    second: Int[np.ndarray, "pairs m"]
    num_models: int

    def __len__(self) -> int:
        return len(self.first)

    @property
    def members(self) -> Bool[np.ndarray, "pairs models"]:
        """Which seeds stand in either population of a pair."""
        seeds = np.concatenate([self.first, self.second], axis=1)
        found = np.zeros((len(self), self.num_models), bool)
        np.put_along_axis(found, seeds, True, axis=1)
        return found

    @property
    def kept(self) -> Bool[np.ndarray, "variants pairs"]:
        """Which pairs are left with all seeds, then without each: those that the seed does not stand in."""
        return np.concatenate([np.ones((1, len(self)), bool), ~self.members.T])


def disjoint_pairs(
    num_models: int, size: int, generator: np.random.Generator, *, most: int = MOST_PAIRS, drawn: int = DRAWN_PAIRS
) -> Pairs:
    """All disjoint pairs of populations of `size` networks if there are at most `most`, else `drawn` of them.

    (A, B) and (B, A) are one pair: users of it use both orders. Drawn pairs are cut from random orders of all seeds,
    so that every seed stands in about as many pairs as any other.
    """
    if num_models < 2 * size:
        empty = np.empty((0, size), np.int64)
        return Pairs(empty, empty, num_models)
    number = comb(num_models, size) * comb(num_models - size, size) // 2
    pairs = _all(num_models, size) if number <= most else _drawn(num_models, size, drawn, generator)
    first, second = (generator.permuted(pairs[:, side], axis=1) for side in (0, 1))
    return Pairs(first, second, num_models)


def _all(num_models: int, size: int) -> Int[np.ndarray, "pairs 2 m"]:
    """Every pair once: the population with the smaller first seed in front."""
    populations = list(combinations(range(num_models), size))
    found = [
        (one, other) for one, other in combinations(populations, 2) if not set(one) & set(other)
    ]  # in lexical order, so `one` has the smaller first seed
    return np.array(found, np.int64).reshape(-1, 2, size)


def _drawn(num_models: int, size: int, number: int, generator: np.random.Generator) -> Int[np.ndarray, "pairs 2 m"]:
    """Pairs cut from random orders of the seeds."""
    of_an_order = num_models // (2 * size)
    orders = np.tile(np.arange(num_models), (ceil(number / of_an_order), 1))
    orders = generator.permuted(orders, axis=1)[:, : of_an_order * 2 * size]
    return orders.reshape(-1, 2, size)[:number]
