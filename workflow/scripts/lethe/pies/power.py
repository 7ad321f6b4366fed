"""How small a shift K seeds can detect, from what dense networks disagree on among themselves.

The swap test adds G_jk = x_j . x_k over the P = K (K - 1) / 2 pairs of seeds. Networks that vary independently, with
null disagreement n_i on image i (two classes compete), give G_jk the variance v = 4 sum_i n_i^2; a shift d of the label
distribution (of single networks, m = 1) gives it the mean 2 N d. Over many images the G_jk are normal, so that the
power depends on K and on r = 2 N d / sqrt(v) alone: a pattern s of exchanges reaches the observed sum unless

    r > sum_jk (s_j s_k - 1) z_jk / sum_jk (1 - s_j s_k),   z_jk = (G_jk - 2 N d) / sqrt(v) standard normal.

For few seeds the r that is found with the given power is simulated; for many the sums are normal as well, and

    sqrt(P) r = z_power + z_0.95 sqrt(1 + r^2).

Networks that are compressed without retraining keep most of their own noise, so that they vary less than independent
ones, and smaller shifts are found: d is what is found at worst.

Source: the test of `swap_test`; simulated studies in tests/unit/pies/test_power.py.
"""

from functools import cache
from itertools import combinations, product
from math import floor

import numpy as np
from jaxtyping import Float, Int
from scipy.special import ndtri

from lethe.pies.swap_test import smallest_p

POWER = 0.8
SIGNIFICANT = 0.05
# Beyond so many seeds the sums are normal; up to it so many draws of them.
_FEW, _DRAWS = 12, 4000


def null_of_images(votes: Int[np.ndarray, "models examples"]) -> Float[np.ndarray, " examples"]:
    """Share of pairs of networks that disagree, by image; unbiased. NaN with one network."""
    num_models = len(votes)
    if num_models < 2:
        return np.full(votes.shape[1], np.nan)
    agreeing = sum((votes == row).sum(axis=0) for row in votes) - num_models
    return 1 - agreeing / (num_models * (num_models - 1))


def detectable_shift(null: Float[np.ndarray, " examples"], num_models: int, *, power: float = POWER) -> float:
    """The smallest shift of single networks that is found with this probability; NaN where no p can reach 0.05.

    Args: null: of every image, in [0, 1).
    """
    if not smallest_p(num_models, is_paired=True) <= SIGNIFICANT:
        return np.nan
    ratio = _simulated_ratio(num_models, power) if num_models <= _FEW else _normal_ratio(num_models, power)
    return float(ratio * np.sqrt(np.square(null).sum()) / len(null))


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


def seeds_needed(null: Float[np.ndarray, " examples"], shift: float, *, most: int = 1000) -> int | None:
    """How many seeds detect a shift of single networks with 80 % power; None if more than `most`."""
    return next((count for count in range(2, most + 1) if detectable_shift(null, count) <= shift), None)
