"""How much of all measures of difficulty one common factor explains, and how close each stands to it.

All measures are replaced by the ranks of the examples. The factor is the first principal component of their
correlations; its share is the largest eigenvalue over the number of measures, 1 / number if no two had anything in
common. The loading of a measure is its correlation with the factor, positive where both call the same examples hard.

Source: Kwok et al. 2024, arXiv:2401.01867, section 5, scores of difficulty share one dimension; principal components.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata


@dataclass(frozen=True)
class CommonFactor:
    """The factor of some measures.

    Attributes:
        share: of the variance of all measures' ranks; NaN without two measures that vary.
        loadings: one per measure; NaN for one that is constant or unknown for some example.
    """

    share: float
    loadings: Float[np.ndarray, " measures"]


def common_factor(difficulties: Float[np.ndarray, "examples measures"]) -> CommonFactor:
    """Of the measures that are known for every example and vary."""
    loadings = np.full(difficulties.shape[1], np.nan)
    known = np.isfinite(difficulties).all(axis=0)
    usable = np.flatnonzero(known)
    usable = usable[np.ptp(difficulties[:, usable], axis=0) > 0] if len(difficulties) else usable[:0]
    if len(usable) < 2:
        return CommonFactor(float("nan"), loadings)
    ranks = rankdata(difficulties[:, usable], axis=0)
    values, vectors = np.linalg.eigh(np.corrcoef(ranks, rowvar=False))
    of_factor = vectors[:, -1] * np.sqrt(values[-1])
    loadings[usable] = of_factor if of_factor.sum() >= 0 else -of_factor
    return CommonFactor(float(values[-1] / len(usable)), loadings)


def rank_correlations(difficulties: Float[np.ndarray, "examples measures"]) -> Float[np.ndarray, "measures measures"]:
    """Spearman's, of every two measures, over the examples that both know; NaN where one is constant."""
    number = difficulties.shape[1]
    found = np.full((number, number), np.nan)
    for one in range(number):
        for other in range(one, number):
            known = np.isfinite(difficulties[:, [one, other]]).all(axis=1)
            pair = difficulties[known][:, [one, other]]
            if known.sum() >= 3 and (np.ptp(pair, axis=0) > 0).all():
                found[one, other] = found[other, one] = np.corrcoef(rankdata(pair, axis=0), rowvar=False)[0, 1]
    return found
