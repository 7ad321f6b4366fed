"""Whom compression fails: how the networks fare on groups of examples, before and after, and what could have been seen.

Of every network and group: error; false negative and false positive rate, of class 1 where there are two classes, else
the mean over classes, each against all others, of those that occur; recall = 1 - false negative rate; calibration: ECE
with 15 bins of equal width, and the Brier score, mean of sum_c (p_c - [c = y])^2.

    change = compressed minus reference, mean over seeds; excess = change minus that of all examples together
    relative = change / reference

Intervals and tests are over seeds: paired where compressed network k is made from dense network k, else Welch's. The
smallest change that could have been seen is that which the test finds in 80 of 100 studies with this spread of
seeds, and not less than one example.

Source: Hooker et al. 2020, arXiv:2010.03058, section 3 (rates of sub-groups, relative change); Guo et al. 2017,
arXiv:1706.04599 (ECE); Brier 1950.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from scipy.special import stdtrit

from lethe.pies.jackknife import CONFIDENCE, Jackknifed, ratio

METRICS = ("error", "recall", "false_negative_rate", "false_positive_rate", "ece", "brier")
ALL = "all"
_BINS = 15
_POWER = 0.8
# A group with fewer examples is never said to have been spared.
_SMALL = 30
_ROUNDING = 1e-12  # shares that are equal may differ by this


@dataclass(frozen=True)
class Told:
    """What networks say of the examples of a split, seeds first.

    Attributes:
        confidences: probability of the prediction.
        brier: of every network and example; None where probabilities of all classes were not kept.
    """

    labels: Int[np.ndarray, " examples"]
    num_classes: int
    predictions: Int[np.ndarray, "seeds examples"]
    confidences: Float[np.ndarray, "seeds examples"]
    brier: Float[np.ndarray, "seeds examples"] | None = None

    def measured(self, members: Bool[np.ndarray, " examples"]) -> dict[str, Float[np.ndarray, " seeds"]]:
        """Every metric of every network on some examples; NaN where it is not defined there."""
        labels, predictions = self.labels[members], self.predictions[:, members]
        right = predictions == labels
        misses, false_alarms = _rates(labels, predictions, self.num_classes)
        undefined = np.full(len(predictions), np.nan)
        return {
            "error": 1 - right.mean(axis=1),
            "recall": 1 - misses,
            "false_negative_rate": misses,
            "false_positive_rate": false_alarms,
            "ece": _ece(self.confidences[:, members], right),
            "brier": undefined if self.brier is None else self.brier[:, members].mean(axis=1),
        }


def _rates(
    labels: Int[np.ndarray, " members"], predictions: Int[np.ndarray, "seeds members"], num_classes: int
) -> tuple[Float[np.ndarray, " seeds"], Float[np.ndarray, " seeds"]]:
    """False negative and false positive rate of every network."""
    classes = [1] if num_classes == 2 else list(range(num_classes))
    misses, false_alarms = [], []
    for label in classes:
        own = labels == label
        if own.any():
            misses.append((predictions[:, own] != label).mean(axis=1))
        if not own.all():
            false_alarms.append((predictions[:, ~own] == label).mean(axis=1))
    undefined = np.full(len(predictions), np.nan)
    means = (np.mean(found, axis=0) if found else undefined for found in (misses, false_alarms))
    return tuple(means)  # type: ignore[return-value]


def _ece(
    confidences: Float[np.ndarray, "seeds members"], right: Bool[np.ndarray, "seeds members"]
) -> Float[np.ndarray, " seeds"]:
    """sum over bins of |accuracy - mean confidence| weighted by the share of the examples in the bin."""
    place = np.clip((confidences * _BINS).astype(int), 0, _BINS - 1)
    gaps = np.zeros((len(right), _BINS))
    for number in range(_BINS):
        inside = place == number
        gaps[:, number] = ((right - confidences) * inside).sum(axis=1)
    return np.abs(gaps).sum(axis=1) / right.shape[1]


def compare_groups(
    reference: Told,
    compressed: Told,
    groups: Mapping[tuple[str, str], Bool[np.ndarray, " examples"]],
    *,
    is_paired: bool,
) -> pd.DataFrame:
    """One row per (attribute, group, metric), that of all examples first.

    Args: groups: by attribute and group, which examples belong to it.
    """
    everyone = np.ones(len(reference.labels), dtype=bool)
    overall = {name: (reference.measured(everyone)[name], compressed.measured(everyone)[name]) for name in METRICS}
    rows = []
    for (attribute, group), members in {(ALL, ALL): everyone, **groups}.items():
        if members.any():
            rows += list(_rows(reference, compressed, members, overall, is_paired=is_paired, names=(attribute, group)))
    return pd.DataFrame(rows)


def _rows(
    reference: Told,
    compressed: Told,
    members: Bool[np.ndarray, " examples"],
    overall: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    is_paired: bool,
    names: tuple[str, str],
) -> Iterator[dict[str, str | float | int]]:
    """The rows of one group."""
    before, after = reference.measured(members), compressed.measured(members)
    number = int(members.sum())
    for metric in METRICS:
        one, other = before[metric], after[metric]
        beyond = (other - overall[metric][1]) - (one - overall[metric][0])
        change = Jackknifed.mean_of(other - one).interval()
        excess = Jackknifed.mean_of(beyond).interval()
        relative = Jackknifed(_ratios(one, other)).interval()
        yield {
            "attribute": names[0],
            "group": names[1],
            "metric": metric,
            "examples": number,
            "reference": float(one.mean()),
            "compressed": float(other.mean()),
            **change.columns("change"),
            **excess.columns("excess"),
            **relative.columns("relative"),
            "p": p_of(one, other, is_paired=is_paired),
            "p_excess": _one_sample(beyond),
            "detectable": detectable(one, other, number, is_paired=is_paired),
            "is_small": number < _SMALL,
        }


def _ratios(one: Float[np.ndarray, " seeds"], other: Float[np.ndarray, " seeds"]) -> Float[np.ndarray, " variants"]:
    """Relative change with all seeds and without each; NaN where the reference is 0."""
    sums = [(other.sum() - one.sum(), one.sum())]
    sums += [(other.sum() - other[k] - one.sum() + one[k], one.sum() - one[k]) for k in range(len(one))]
    part, whole = np.array(sums, dtype=float).T
    return ratio(part, whole)


def p_of(one: Float[np.ndarray, " seeds"], other: Float[np.ndarray, " seeds"], *, is_paired: bool) -> float:
    """Of a t test over the seeds; 1 where nothing differs, NaN where no spread can be known."""
    from scipy.stats import ttest_ind  # half a second to import

    if is_paired:
        return _one_sample(other - one)
    if len(one) < 2 or np.isnan([one, other]).any() or (np.ptp(one) <= _ROUNDING and np.ptp(other) <= _ROUNDING):
        return float("nan")
    return float(ttest_ind(other, one, equal_var=False).pvalue)


def _one_sample(differences: Float[np.ndarray, " seeds"]) -> float:
    """Of the one-sample t test; 1 where all differences are 0, NaN where all are one other number or there is one."""
    from scipy.stats import ttest_1samp

    if len(differences) < 2 or np.isnan(differences).any():
        return float("nan")
    if np.ptp(differences) <= _ROUNDING:
        return 1.0 if abs(differences[0]) <= _ROUNDING else float("nan")
    return float(ttest_1samp(differences, 0).pvalue)


def detectable(
    one: Float[np.ndarray, " seeds"], other: Float[np.ndarray, " seeds"], examples: int, *, is_paired: bool
) -> float:
    """The smallest change that such a test finds in 80 of 100 studies: (t_.975 + t_.80) times the standard error."""
    number = len(one)
    if number < 2:
        return float("nan")
    variance = (other - one).var(ddof=1) if is_paired else one.var(ddof=1) + other.var(ddof=1)
    degrees = number - 1 if is_paired else 2 * (number - 1)
    reach = stdtrit(degrees, (1 + CONFIDENCE) / 2) + stdtrit(degrees, _POWER)
    return float(max(reach * np.sqrt(variance / number), 1 / examples))
