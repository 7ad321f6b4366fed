"""How reliable a measure of difficulty is: whether other networks of the same regime would rank examples alike.

reliability = mean over splits of the seeds into two disjoint halves of the rank correlation (Spearman) between the
difficulties that either half gives. It is that of half the networks; what all of them say is more reliable.

Source: split-half reliability; for scores of difficulty Kwok et al. 2024, arXiv:2401.01867, section 4.
"""

from collections.abc import Callable
from itertools import combinations
from math import comb

import numpy as np
from jaxtyping import Float, Int

# All splits where there are no more, else so many at random.
_MOST = 10
# Fewer examples in common have no rank correlation worth its name.
_FEWEST = 3

Measured = Callable[[Int[np.ndarray, " chosen"]], Float[np.ndarray, " examples"]]


def split_halves(num_seeds: int, generator: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Positions of the seeds of either half; of an odd number one seed is in neither. None with fewer than two."""
    size = num_seeds // 2
    if size == 0:
        return []
    if _number(num_seeds) <= _MOST:
        return _all_halves(num_seeds)
    drawn = (generator.permutation(num_seeds) for _ in range(_MOST))
    return [(np.sort(order[:size]), np.sort(order[size : 2 * size])) for order in drawn]


def _number(num_seeds: int) -> int:
    """How many splits there are."""
    size = num_seeds // 2
    return comb(num_seeds, size) * comb(num_seeds - size, size) // 2


def _all_halves(num_seeds: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Every split once."""
    size, everyone = num_seeds // 2, set(range(num_seeds))
    found = []
    for one in combinations(range(num_seeds), size):
        for other in combinations(sorted(everyone - set(one)), size):
            if one < other:
                found.append((np.array(one), np.array(other)))
    return found


def reliabilities(measured: Measured, halves: list[tuple[np.ndarray, np.ndarray]]) -> Float[np.ndarray, " splits"]:
    """Rank correlation of every split; NaN where the difficulties of a half are all equal.

    Args: measured: the difficulties that some seeds give, by their positions.
    """
    return np.array([rank_correlation(measured(one), measured(other)) for one, other in halves])


def rank_correlation(one: Float[np.ndarray, " examples"], other: Float[np.ndarray, " examples"]) -> float:
    """Spearman's, over the examples that both know; NaN where one of them is constant or fewer than 3 are known."""
    from scipy.stats import rankdata  # half a second to import

    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < _FEWEST:
        return float("nan")
    ranks = np.stack([rankdata(values[known]) for values in (one, other)])
    ranks -= ranks.mean(axis=1, keepdims=True)
    lengths = np.sqrt((ranks**2).sum(axis=1))
    if not lengths.all():
        return float("nan")
    return float(ranks[0] @ ranks[1] / lengths.prod())
