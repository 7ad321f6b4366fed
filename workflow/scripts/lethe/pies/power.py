"""How small a shift K seeds can detect, from what networks vary in without any shift.

The swap test adds G_jk = x_j . x_k over the P = K (K - 1) / 2 pairs of seeds, x = one-hot predictions of the dense
network minus those of the compressed one, summed over images. Without a shift G_jk has the mean 0 and the variance v =
trace of the squared covariance of x; a shift d of the label distribution (of single networks, m = 1) over N images
gives it the mean 2 N d. Over many images the G_jk are normal, so that the power depends on K and on r = 2 N d / sqrt(v)
alone: a pattern s of exchanges reaches the observed sum unless

    r > sum_jk (s_j s_k - 1) z_jk / sum_jk (1 - s_j s_k),   z_jk = (G_jk - 2 N d) / sqrt(v) standard normal.

For few seeds the r that is found with the given power is simulated; for many the sums are normal as well, and

    sqrt(P) r = z_power + z_0.95 sqrt(1 + r^2).

The variance is estimated without bias from quadruples of networks, for which images need not vary independently:

    v = E ((x_i - x_j) . (x_k - x_l))^2 / 4.

*After* a study x are its own differences. *Before* it only the dense networks d are known: if compressed networks vary
as much as they do, independently, x has twice their covariance, and v = E ((d_i - d_j) . (d_k - d_l))^2. Not known is
whether labels will move on images on which networks vary together; where they do, only larger shifts are found.

Source: the test of `swap_test`; simulated studies in tests/unit/pies/test_power.py.
"""

from functools import cache
from itertools import combinations, product
from math import floor

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri

from lethe.pies.swap_test import Overlaps, Votes, agreements, difference_overlaps, smallest_p

POWER = 0.8
SIGNIFICANT = 0.05
# Beyond so many seeds the sums are normal; up to it so many draws of them.
_FEW, _DRAWS = 12, 4000
# A variance is known well enough from so many networks.
_MOST_NETWORKS = 40


def variance_before(dense: Votes) -> float:
    """v of networks that will vary as the dense ones do; NaN with fewer than four."""
    return _of_quadruples(agreements(dense))


def variance_after(dense: Votes, compressed: Votes) -> float:
    """v of the differences of a study's networks, row k of both being one seed; NaN with fewer than four."""
    return _of_quadruples(difference_overlaps(dense, compressed)) / 4


def variance_of_guess(null: Float[np.ndarray, " examples"]) -> float:
    """v if images vary independently, from the share of pairs of dense networks that disagree on each; two classes."""
    return float(4 * np.square(null).sum())


def _of_quadruples(products: Overlaps) -> float:
    """Mean of ((x_i - x_j) . (x_k - x_l))^2 over disjoint pairs, from the products of all x."""
    products = products[:_MOST_NETWORKS, :_MOST_NETWORKS]
    count = len(products)
    if count < 4:
        return np.nan
    pairs = np.array(list(combinations(range(count), 2)))
    steps = np.eye(count)[pairs[:, 0]] - np.eye(count)[pairs[:, 1]]
    squares = np.square(steps @ products @ steps.T)
    is_disjoint = np.abs(steps) @ np.abs(steps).T == 0
    return float(squares[is_disjoint].mean())


def detectable_shift(variance: float, num_images: int, num_models: int, *, power: float = POWER) -> float:
    """The smallest shift of single networks that is found with this probability.

    Args: variance: v of the sums over that many images.
    Returns: NaN where no p can reach 0.05, and from a variance of 0: networks that agree say nothing of the noise.
    """
    if not smallest_p(num_models, is_paired=True) <= SIGNIFICANT or variance == 0:
        return np.nan
    ratio = _simulated_ratio(num_models, power) if num_models <= _FEW else _normal_ratio(num_models, power)
    return float(ratio * np.sqrt(variance) / (2 * num_images))


@cache
def _simulated_ratio(num_models: int, power: float) -> float:
    """The r that is found with this power: that quantile of the smallest r at which each draw is found."""
    signs = np.array([(1, *rest) for rest in product((1, -1), repeat=num_models - 1)][1:])
    one, other = np.array(list(combinations(range(num_models), 2))).T
    changed = 1 - signs[:, one] * signs[:, other]
    noise = np.random.default_rng(0).standard_normal((_DRAWS, len(one)))
    reached_below = -(noise @ changed.T) / changed.sum(axis=1)
    others = floor(SIGNIFICANT * (len(signs) + 1)) - 1  # patterns that may reach the observed sum beside itself
    found_from = np.sort(reached_below, axis=1)[:, len(signs) - 1 - others]
    return float(np.quantile(found_from, power))


def _normal_ratio(num_models: int, power: float) -> float:
    """The larger root of (sqrt(P) r - z_power)^2 = z_0.95^2 (1 + r^2)."""
    pairs, reach, missed = num_models * (num_models - 1) / 2, ndtri(1 - SIGNIFICANT), ndtri(power)
    square, mixed, rest = pairs - reach**2, np.sqrt(pairs) * missed, missed**2 - reach**2
    return float((mixed + np.sqrt(mixed**2 - square * rest)) / square)


def seeds_needed(variance: float, num_images: int, shift: float, *, most: int = 1000) -> int | None:
    """How many seeds detect a shift of single networks with 80 % power; None if more than `most`."""
    counts = range(2, most + 1)
    return next((count for count in counts if detectable_shift(variance, num_images, count) <= shift), None)
