"""Is anything different at all: exact tests that exchange compressed networks with dense ones.

*Paired* cells (seed k of both derives from one training): if compression does nothing, the two networks of a seed can
be exchanged. With x_k the one-hot predictions of the dense network k minus those of the compressed one,

    S = sum over j != k of x_j . x_k, summed over images; p = share of the sign patterns s in {-1, 1}^K with
    sum over j != k of s_j s_k x_j . x_k >= S.

Half of the 2^K patterns are the other half's negatives, so that 2^(K - 1) are looked at, and 2^(1 - K) is the smallest
p. *Independent* cells: the 2 K networks can be divided in any way; S is the same sum over the one-hot predictions of
all of them, with sign 1 for dense and -1 for compressed ones. Beyond MOST_PATTERNS patterns DRAWN_PATTERNS are drawn
and p = (1 + patterns with S' >= S) / (1 + patterns).

Source: STATISTICS 3 of this project; exchange within pairs: Fisher 1935, The Design of Experiments, section 21.
"""

from itertools import combinations, product
from math import comb

import numpy as np
from jaxtyping import Float, Int

MOST_PATTERNS = DRAWN_PATTERNS = 100_000
_AT_ONCE = 1 << 14  # patterns

Votes = Int[np.ndarray, "models examples"]
Overlaps = Float[np.ndarray, "models models"]
Signs = Int[np.ndarray, "patterns models"]


def paired_p(dense: Votes, compressed: Votes, generator: np.random.Generator) -> float:
    """p of the exchange within seeds; row k of both is the same seed. NaN with one seed, which has no other."""
    num_models = len(dense)
    if num_models < 2:
        return np.nan
    of_differences = difference_overlaps(dense, compressed)
    if _patterns(num_models, is_paired=True) <= MOST_PATTERNS:
        signs = np.array([(1, *rest) for rest in product((1, -1), repeat=num_models - 1)])
        return _share(of_differences, signs)
    drawn = generator.choice((-1, 1), (DRAWN_PATTERNS, num_models))
    return _share(of_differences, np.concatenate([np.ones((1, num_models), np.int64), drawn]))


def independent_p(dense: Votes, compressed: Votes, generator: np.random.Generator) -> float:
    """p of the division of all networks into two populations of equal size; NaN with fewer than two in each."""
    num_models = len(dense)
    if num_models < 2:
        return np.nan
    overlaps = agreements(np.concatenate([dense, compressed]))
    everyone = np.arange(2 * num_models)
    if _patterns(num_models, is_paired=False) <= MOST_PATTERNS:
        # The first network stands in front: a division and its mirror image are one.
        chosen = np.array([(0, *rest) for rest in combinations(everyone[1:], num_models - 1)])
    else:
        drawn = generator.permuted(np.tile(everyone, (DRAWN_PATTERNS, 1)), axis=1)[:, :num_models]
        chosen = np.concatenate([everyone[None, :num_models], drawn])
    signs = np.full((len(chosen), 2 * num_models), -1)
    np.put_along_axis(signs, chosen, 1, axis=1)
    return _share(overlaps, signs)


def smallest_p(num_models: int, *, is_paired: bool) -> float:
    """The smallest p that a test of so many networks in either population can have; NaN with fewer than 2."""
    if num_models < 2:
        return np.nan
    patterns = _patterns(num_models, is_paired=is_paired)
    return 1 / patterns if patterns <= MOST_PATTERNS else 1 / (1 + DRAWN_PATTERNS)


def _patterns(num_models: int, *, is_paired: bool) -> int:
    """How many there are that give sums of their own."""
    return 2 ** (num_models - 1) if is_paired else comb(2 * num_models, num_models) // 2


def difference_overlaps(dense: Votes, compressed: Votes) -> Overlaps:
    """x_j . x_k for all pairs of seeds, row k of both being one seed."""
    every, num_models = agreements(np.concatenate([dense, compressed])), len(dense)
    before, after = slice(None, num_models), slice(num_models, None)
    return every[before, before] - every[before, after] - every[after, before] + every[after, after]


def agreements(votes: Votes) -> Overlaps:
    """On how many images two networks agree: the products of their one-hot predictions."""
    found = votes.shape[1] * np.eye(len(votes))
    for one, other in combinations(range(len(votes)), 2):
        found[one, other] = found[other, one] = np.count_nonzero(votes[one] == votes[other])
    return found


def _share(overlaps: Overlaps, signs: Signs) -> float:
    """Share of the patterns, the first of which is the observed one, whose sums over j != k reach the observed sum."""
    between = overlaps - np.diag(np.diag(overlaps))
    parts = [signs[start : start + _AT_ONCE].astype(float) for start in range(0, len(signs), _AT_ONCE)]
    sums = np.concatenate([((part @ between) * part).sum(axis=1) for part in parts])  # whole numbers: exact
    return float((sums >= sums[0]).mean())
