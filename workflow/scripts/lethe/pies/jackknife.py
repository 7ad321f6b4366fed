"""Intervals of what is computed from a population: the delete-one-seed jackknife with Student's t.

error^2 = (K - 1)/K * sum_k (s_(k) - mean of s_(k))^2, interval = s +- t_{K-1} * error, where s_(k) is the statistic
without seed k. Never a percentile bootstrap: drawing seeds with replacement moves modal votes.

A difference of two populations with the same seeds has the replicates a_(k) - b_(k): seed k gives both regimes its
initial weights and order, so it leaves both. Without common seeds the squared errors add up, with the degrees of
freedom of Welch and Satterthwaite: (v + w)^2 / (v^2/(K - 1) + w^2/(L - 1)).
"""

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
_ENDS = ("", "_low", "_high")
# An estimate may pass the range of its quantity by this much: sums of floats.
_ROUNDING = 1e-9


def with_ends(*names: str) -> list[str]:
    """Columns of quantities with their intervals.

    >>> with_ends("pie_share")
    ['pie_share', 'pie_share_low', 'pie_share_high']
    """
    return [f"{name}{end}" for name in names for end in _ENDS]


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval around it; low and high are NaN where none can be given."""

    estimate: float
    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse ends that do not hold the estimate."""
        is_given = not np.isnan([self.low, self.high]).any()
        assert not is_given or self.low - _ROUNDING <= self.estimate <= self.high + _ROUNDING, self

    def columns(self, name: str) -> dict[str, float]:
        """The columns `name`, `name_low` and `name_high` of a table."""
        return dict(zip(with_ends(name), (self.estimate, self.low, self.high), strict=True))


@dataclass(frozen=True, eq=False)
class Jackknifed:
    """A statistic of a population of K seeds: with all of them, then without each; NaN where it is not defined.

    Attributes:
        values: with all seeds, then without each.
        image_variance: of the statistic over draws of the images, where it is a mean over them; else NaN.
    """

    values: Float[np.ndarray, " variants"]
    image_variance: float = np.nan

    def __post_init__(self) -> None:
        """Refuse what does not begin with the whole population."""
        assert self.values.ndim == 1 and len(self.values) >= 1, self.values.shape

    @classmethod
    def mean_of(cls, values: Num[np.ndarray, " models"]) -> "Jackknifed":
        """Mean over all seeds of a value that every seed has; NaN without a seed left."""
        kept = kept_variants(len(values), np.arange(len(values)))
        return cls(ratio(kept @ values, kept.sum(axis=1)))

    @property
    def whole(self) -> float:
        """With all seeds."""
        return float(self.values[0])

    @property
    def without(self) -> Float[np.ndarray, " models"]:
        """Without each seed."""
        return self.values[1:]

    def __sub__(self, other: "Jackknifed") -> "Jackknifed":
        """The difference of two populations with the same seeds, in the same order."""
        return Jackknifed(self.values - other.values)

    def interval(self, bounds: Bounds = REAL) -> Interval:
        """The statistic with its interval, clipped to the range `bounds`.

        Returns: NaN for low and high with fewer than 3 seeds, where a variant is undefined, such as an accuracy on PIEs
            when one seed makes all of them, and where no single seed changes the statistic: the seeds then say nothing
            of its error, and an interval of zero width would claim that there is none.
        """
        if not self._has_interval:
            return Interval(self.whole, np.nan, np.nan)
        return _around(self.whole, self._squared_error, len(self.without) - 1, bounds)

    def two_way(self, bounds: Bounds = REAL) -> Interval:
        """The interval of the statistic on other images as well as with other seeds: the squared errors add up.

        The sum holds what seeds and images make together twice, so that the interval is rather too wide than too
        narrow (Owen 2007, arXiv:0712.1111).

        Returns: NaN for low and high where there is no variance of the images, and where `interval` has none.
        """
        squared_error = self._squared_error + self.image_variance
        if not self._has_interval or np.isnan(squared_error):
            return Interval(self.whole, np.nan, np.nan)
        return _around(self.whole, squared_error, len(self.without) - 1, bounds)

    def difference(self, other: "Jackknifed", *, has_same_seeds: bool, bounds: Bounds = CHANGE) -> Interval:
        """Interval of this statistic of one population minus that of another, clipped to the range `bounds`.

        Args: has_same_seeds: whether both have the same seeds, in the same order; else they must share none.
        Returns: NaN for low and high where one of the two has no interval.
        """
        if has_same_seeds:
            return (self - other).interval(bounds)
        estimate = self.whole - other.whole
        if not (self._has_interval and other._has_interval):
            return Interval(estimate, np.nan, np.nan)
        squared = np.array([self._squared_error, other._squared_error])
        degrees = np.array([len(self.without) - 1, len(other.without) - 1])
        pooled = squared.sum() ** 2 / (squared**2 / degrees).sum()
        return _around(estimate, float(squared.sum()), float(pooled), bounds)

    @property
    def _has_interval(self) -> bool:
        is_defined = len(self.without) >= _FEWEST and bool(np.isfinite(self.values).all())
        return is_defined and self._squared_error > _ROUNDING**2

    @property
    def _squared_error(self) -> float:
        num_models = len(self.without)
        return float((num_models - 1) / num_models * ((self.without - self.without.mean()) ** 2).sum())


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


def ratio(part: Num[np.ndarray, " variants"], whole: Num[np.ndarray, " variants"]) -> Float[np.ndarray, " variants"]:
    """Quotient, NaN where the whole is 0."""
    return part / np.where(whole == 0, np.nan, whole)
