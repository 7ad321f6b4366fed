"""What compression does to each class: recall, its change, and whether that differs from the change of accuracy.

Delta_c = (mean r_{c,s} - mean r_{c,0}) - (M_s - M_0), r the recall of a class, M the accuracy; 0 are the dense networks
after the treatment of the compressed ones. The main test is a one-sample t on the per-seed differences, because
compressed seed k derives from dense seed k; Welch's test of two samples stands beside it for comparison. Source: Hooker
et al. 2019, arXiv:1911.05248; differs: the paired test, the treated reference.
"""

from math import comb
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from scipy.special import stdtr

from lethe.pies.jackknife import student_quantile
from lethe.pies.population import Population, require_pair

Center = Literal["model", "population"]
# Differences of shares below this are rounding.
_ROUNDING = 1e-12


def class_impact(reference: Population, compressed: Population, *, center: Center = "model") -> pd.DataFrame:
    """One row per class, the columns of `schema.CLASSES`.

    A class without examples has NaN throughout. Where no seed differs from another (zero variance), there is no
    interval, and p is 1 if the change is zero too, else the smallest that a permutation can give: 2^(1-K) paired, 2 /
    binomial(2K, K) for Welch's.

    Args: center: what is taken from a seed's recall change: its own change of accuracy ("model"; less noise), or the
        population's ("population"; as in the paper's code). Welch's test always takes the population's.
    Raises: EmptyPopulation, PopulationError: see `require_pair`.
    """
    require_pair(reference, compressed)
    examples = np.bincount(reference.labels, minlength=reference.num_classes)
    before, after = (recalls(p.is_right, p.labels, p.num_classes) for p in (reference, compressed))
    accuracy_before, accuracy_after = (p.is_right.mean(axis=1)[:, None] for p in (reference, compressed))
    change = accuracy_after - accuracy_before
    normalised = (after - before) - (change if center == "model" else change.mean())
    low, high = _interval(normalised)
    return pd.DataFrame(
        {
            "label": np.arange(reference.num_classes),
            "examples": examples,
            "reference_recall": before.mean(axis=0),
            "compressed_recall": after.mean(axis=0),
            "recall_change": (after - before).mean(axis=0),
            "normalised_change": normalised.mean(axis=0),
            "low": low,
            "high": high,
            "p_paired": paired_p(normalised),
            "p_welch": welch_p(before - accuracy_before.mean(), after - accuracy_after.mean()),
        }
    )


def class_recalls(reference: Population, compressed: Population) -> pd.DataFrame:
    """One row per seed and class, the columns of `schema.RECALLS`: for comparisons of methods, class by class."""
    require_pair(reference, compressed)
    before, after = (recalls(p.is_right, p.labels, p.num_classes) for p in (reference, compressed))
    return pd.DataFrame(
        {
            "seed": np.repeat(compressed.seeds, compressed.num_classes),
            "label": np.tile(np.arange(compressed.num_classes), len(compressed.seeds)),
            "reference_recall": before.ravel(),
            "compressed_recall": after.ravel(),
        }
    )


def recalls(
    is_right: Bool[np.ndarray, "models examples"], labels: Int[np.ndarray, " examples"], num_classes: int
) -> Float[np.ndarray, "models classes"]:
    """Share of each class's examples that each model gets right; NaN for a class without examples."""
    examples = np.bincount(labels, minlength=num_classes)
    right = np.stack([np.bincount(labels, row, num_classes) for row in is_right])
    return right / np.where(examples > 0, examples, np.nan)


def paired_p(differences: Float[np.ndarray, "models classes"]) -> Float[np.ndarray, " classes"]:
    """Two-sided p of a one-sample t test that the mean difference is zero; NaN with fewer than 2 models."""
    num_models = len(differences)
    if num_models < 2:
        return np.full(differences.shape[1], np.nan)
    mean, error = differences.mean(axis=0), differences.std(axis=0, ddof=1) / np.sqrt(num_models)
    return _two_sided(mean, error, np.full(mean.shape, num_models - 1.0), 2.0 ** (1 - num_models))


def welch_p(
    before: Float[np.ndarray, "models classes"], after: Float[np.ndarray, "models classes"]
) -> Float[np.ndarray, " classes"]:
    """Two-sided p of Welch's t test of two samples with unequal variances; NaN with fewer than 2 models."""
    num_models = len(before)
    if num_models < 2:
        return np.full(before.shape[1], np.nan)
    v1, v2 = before.var(axis=0, ddof=1) / num_models, after.var(axis=0, ddof=1) / num_models
    has_variance = v1 + v2 > _ROUNDING**2
    degrees = (v1 + v2) ** 2 * (num_models - 1) / np.where(has_variance, v1**2 + v2**2, np.nan)
    smallest = 2 / comb(2 * num_models, num_models)
    return _two_sided(after.mean(axis=0) - before.mean(axis=0), np.sqrt(v1 + v2), degrees, smallest)


def _two_sided(
    mean: Float[np.ndarray, " classes"],
    error: Float[np.ndarray, " classes"],
    degrees: Float[np.ndarray, " classes"],
    without_variance: float,
) -> Float[np.ndarray, " classes"]:
    """p of t = mean / error; the stated value where the error is zero and the mean is not."""
    has_variance = error > _ROUNDING
    t = mean / np.where(has_variance, error, np.nan)
    fixed = np.where(np.abs(mean) > _ROUNDING, without_variance, 1.0)
    p = np.where(has_variance, 2 * stdtr(degrees, -np.abs(t)), fixed)
    return np.where(np.isnan(mean), np.nan, p)


def _interval(
    differences: Float[np.ndarray, "models classes"],
) -> tuple[Float[np.ndarray, " classes"], Float[np.ndarray, " classes"]]:
    """95 % interval of the mean difference by t(K - 1); NaN with fewer than 2 models, and where they do not vary."""
    num_models = len(differences)
    if num_models < 2:
        return np.full((2, differences.shape[1]), np.nan)[0], np.full(differences.shape[1], np.nan)
    mean, error = differences.mean(axis=0), differences.std(axis=0, ddof=1) / np.sqrt(num_models)
    reach = student_quantile(num_models - 1) * np.where(error > _ROUNDING, error, np.nan)
    return mean - reach, mean + reach
