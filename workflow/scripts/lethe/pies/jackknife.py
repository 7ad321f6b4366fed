"""Intervals of what is computed from a population: the delete-one-seed jackknife with Student's t.

error^2 = (K - 1)/K * sum_k (s_(k) - mean of s_(k))^2, interval = s +- t_{K-1} * error, where s_(k) is the statistic
without seed k. Never a percentile bootstrap: drawing seeds with replacement moves modal votes.

A difference of two populations with the same seeds has the replicates a_(k) - b_(k): seed k gives both regimes its
initial weights and order, so it leaves both. Without common seeds the squared errors add up, with the degrees of
freedom of Welch and Satterthwaite: (v + w)^2 / (v^2/(K - 1) + w^2/(L - 1)).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Num
from scipy.special import stdtrit

Bounds = tuple[float, float]
SHARE: Bounds = (0.0, 1.0)
CHANGE: Bounds = (-1.0, 1.0)
REAL: Bounds = (-np.inf, np.inf)
CONFIDENCE = 0.95
# With two seeds the error rests on one difference, and the t quantile is 12.7.
_FEWEST = 3


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval; low and high are NaN where none can be given."""

    estimate: float
    low: float
    high: float


def jackknife(
    statistic: Callable[[Bool[np.ndarray, " models"]], float], num_models: int, *, bounds: Bounds = REAL
) -> Interval:
    """Interval of any statistic of a population.

    Args:
        statistic: which models are kept -> a number. For a pair of populations it drops seed k from **both**. With
            paired cells they are one draw and must leave together; with unpaired cells the two influences of k are
            independent with mean zero, so the variance of their sum is the sum of variances: right on average.
        bounds: range of the statistic; the interval is clipped to it.
    """
    kept = kept_variants(num_models, np.arange(num_models))
    return interval(np.array([float(statistic(row)) for row in kept]), bounds=bounds)


def interval(variants: Float[np.ndarray, " variants"], *, bounds: Bounds = REAL) -> Interval:
    """Interval of a statistic known for the whole population (first) and without each seed (the others).

    Returns: NaN for low and high with fewer than 3 seeds, and where a variant is undefined, such as an accuracy on
        PIEs when one seed makes all of them. Zero width where no single seed changes the statistic.
    """
    estimate, replicates = float(variants[0]), variants[1:]
    num_models = len(replicates)
    if num_models < _FEWEST or not np.isfinite(variants).all():
        return Interval(estimate, np.nan, np.nan)
    return _around(estimate, _squared_error(replicates), num_models - 1, bounds)


def difference(
    one: Float[np.ndarray, " variants"],
    other: Float[np.ndarray, " others"],
    *,
    has_same_seeds: bool,
    bounds: Bounds = CHANGE,
) -> Interval:
    """Interval of a statistic of one population minus that of another.

    Args:
        one: with all seeds of the population, then without each; `other` likewise.
        has_same_seeds: whether both have the same seeds, in the same order; else they must share none.
        bounds: range of the difference; the interval is clipped to it.
    Returns: NaN for low and high where `interval` gives none for one of the two.
    """
    if has_same_seeds:
        return interval(one - other, bounds=bounds)
    estimate = float(one[0] - other[0])
    if any(len(variants) <= _FEWEST or not np.isfinite(variants).all() for variants in (one, other)):
        return Interval(estimate, np.nan, np.nan)
    squared = np.array([_squared_error(variants[1:]) for variants in (one, other)])
    degrees = np.array([len(one) - 2, len(other) - 2])
    # The smaller population's degrees where neither varies: the width is 0 whatever they are.
    pooled = squared.sum() ** 2 / (squared**2 / degrees).sum() if squared.any() else float(degrees.min())
    return _around(estimate, float(squared.sum()), float(pooled), bounds)


def _squared_error(replicates: Float[np.ndarray, " models"]) -> float:
    num_models = len(replicates)
    return float((num_models - 1) / num_models * ((replicates - replicates.mean()) ** 2).sum())


def _around(estimate: float, squared_error: float, degrees: float | int, bounds: Bounds) -> Interval:
    reach = np.sqrt(squared_error) * student_quantile(degrees)
    return Interval(estimate, max(bounds[0], estimate - reach), min(bounds[1], estimate + reach))


def student_quantile(degrees: float | int) -> float:
    """What a two-sided interval multiplies its standard error with."""
    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))


def kept_variants(num_models: int, members: Int[np.ndarray, " half"]) -> Bool[np.ndarray, "variants models"]:
    """Which models stand in a population: all members, then all but model k for each of all K models."""
    kept = np.tile(np.isin(np.arange(num_models), members), (num_models + 1, 1))
    np.fill_diagonal(kept[1:], False)
    return kept


def mean_variants(values: Num[np.ndarray, " models"]) -> Float[np.ndarray, " variants"]:
    """Mean over all models, then over all but each; NaN without a model left."""
    kept = kept_variants(len(values), np.arange(len(values)))
    return ratio(kept @ values, kept.sum(axis=1))


def ratio(part: Num[np.ndarray, " variants"], whole: Num[np.ndarray, " variants"]) -> Float[np.ndarray, " variants"]:
    """Quotient, NaN where the whole is 0."""
    return part / np.where(whole == 0, np.nan, whole)
