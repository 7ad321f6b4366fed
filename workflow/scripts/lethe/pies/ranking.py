"""How well a number finds the examples that are known to be of a kind: AUROC, average precision, precision.

AUROC = chance that an example of the kind has a larger number than one that is not, ties half. Its interval over
examples is that of DeLong: with m examples of the kind and n others, V = var(V_10)/m + var(V_01)/n, where V_10 is
for each example of the kind the share of others below it, V_01 for each other one the share of the kind above it.

Average precision and the precision at the true number take the mean over all orders of equal numbers.

Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import ndtri

from lethe.pies.jackknife import CONFIDENCE, Interval

_NORMAL = float(ndtri((1 + CONFIDENCE) / 2))


@dataclass(frozen=True)
class Ranking:
    """How well examples of a kind are found; NaN where there are none, or no others.

    Attributes:
        auroc: with its interval over examples; NaN ends where no two examples of either sort differ.
        average_precision: mean precision at every example of the kind.
        precision: share of the kind among as many examples as there are of it, those with the largest numbers.
        prevalence: share of the kind: what the two precisions are by chance.
    """

    auroc: Interval
    average_precision: float
    precision: float
    prevalence: float


def rank(numbers: Float[np.ndarray, " examples"], is_kind: Bool[np.ndarray, " examples"]) -> Ranking:
    """Of the examples whose number is known."""
    known = np.isfinite(numbers)
    values, kind = numbers[known].astype(np.float64), is_kind[known]
    number, others = int(kind.sum()), int((~kind).sum())
    if number == 0 or others == 0:
        nothing = float("nan")
        prevalence = number / len(kind) if len(kind) else nothing
        return Ranking(Interval(nothing, nothing, nothing), nothing, nothing, prevalence)
    found, total = _by_value(values, kind)
    return Ranking(
        _auroc(values[kind], values[~kind]),
        _average_precision(found, total),
        _precision_at(found, total, number),
        number / len(kind),
    )


def _by_value(
    values: Float[np.ndarray, " examples"], kind: Bool[np.ndarray, " examples"]
) -> tuple[np.ndarray, np.ndarray]:
    """From the largest value down: examples of the kind and all examples that have it."""
    order = np.argsort(-values, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], np.diff(values[order]) != 0]))
    return (
        np.add.reduceat(kind[order].astype(np.int64), starts),
        np.diff(np.concatenate([starts, [len(values)]])),
    )


def _auroc(of_kind: Float[np.ndarray, " kind"], others: Float[np.ndarray, " others"]) -> Interval:
    """With DeLong's interval, clipped to [0, 1]."""
    below = _shares_below(of_kind, np.sort(others))
    above = 1 - _shares_below(others, np.sort(of_kind))
    estimate = float(below.mean())
    if len(of_kind) < 2 or len(others) < 2:
        return Interval(estimate, float("nan"), float("nan"))
    variance = below.var(ddof=1) / len(below) + above.var(ddof=1) / len(above)
    if variance == 0:
        return Interval(estimate, float("nan"), float("nan"))
    reach = _NORMAL * float(np.sqrt(variance))
    return Interval(estimate, max(0.0, estimate - reach), min(1.0, estimate + reach))


def _shares_below(values: Float[np.ndarray, " values"], ordered: Float[np.ndarray, " others"]) -> np.ndarray:
    """For each value the share of the others below it, equal ones half."""
    low, high = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return (low + high) / 2 / len(ordered)


def _average_precision(found: np.ndarray, total: np.ndarray) -> float:
    """Sum over examples of the kind of the expected precision at their place, over their number."""
    before_found, before = np.cumsum(found) - found, np.cumsum(total) - total
    precisions = 0.0
    for hits, size, hits_before, size_before in zip(found, total, before_found, before, strict=True):
        if not hits:
            continue
        places = np.arange(1, size + 1)
        # At place j of a group of equal numbers: one hit there, (hits - 1) of the others spread over the places before.
        inside = 1 + (hits - 1) * (places - 1) / max(size - 1, 1)
        precisions += float((hits / size * (hits_before + inside) / (size_before + places)).sum())
    return precisions / float(found.sum())


def _precision_at(found: np.ndarray, total: np.ndarray, number: int) -> float:
    """Expected share of the kind among the first so many."""
    ends = np.cumsum(total)
    whole = ends <= number
    hits = float(found[whole].sum())
    rest = number - int(total[whole].sum())
    if rest:
        group = int(np.flatnonzero(~whole)[0])
        hits += float(found[group] * rest / total[group])
    return hits / number
