"""Images that are reliably lost or gained: a test of every image, with the false discovery rate of those that count.

*Paired* cells: with n seeds of which exactly one of the two networks is right, the exact sign test of (dense right,
compressed wrong) against the reverse; its smallest p is 2^(1 - n). *Independent* cells: Fisher's exact test of the
numbers of networks that are right; its smallest p depends on how many are right in all.

An image whose smallest p is above a threshold t cannot be found at it, whatever happens. So t M(t) images are expected
below t if compression does nothing, where M(t) counts those whose smallest p is at most t (not all images), and

    q = min over t >= p of t M(t) / R(t),   R(t): images with p <= t.

Source: the false discovery rate of Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57; left out what cannot be found:
Tarone 1990, Biometrics 46, Gilbert 2005, Appl. Stat. 54; differs: M belongs to each threshold.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

SURE = 0.05
# Numbers of equal probability differ by rounding; Fisher's test adds them up.
_SAME = 1 + 1e-7


@dataclass(frozen=True)
class Reliable:
    """What is known of every image.

    Attributes:
        p: that the image is no more often right in one population than in the other.
        smallest_p: that it could have, given how many networks are right.
        q: false discovery rate at which it would just be found; 1 for images that nothing could find.
    """

    p: Float[np.ndarray, " examples"]
    smallest_p: Float[np.ndarray, " examples"]
    q: Float[np.ndarray, " examples"]
    change: Int[np.ndarray, " examples"]

    @property
    def lost(self) -> Bool[np.ndarray, " examples"]:
        """Images with fewer right compressed networks, q at most SURE."""
        return (self.q <= SURE) & (self.change < 0)

    @property
    def gained(self) -> Bool[np.ndarray, " examples"]:
        """Images with more right compressed networks, q at most SURE."""
        return (self.q <= SURE) & (self.change > 0)

    @property
    def could_be(self) -> Bool[np.ndarray, " examples"]:
        """Images of which the test could have found something if they were tested alone."""
        return self.smallest_p <= SURE


def reliable(
    dense: Bool[np.ndarray, "models examples"], compressed: Bool[np.ndarray, "models examples"], *, is_paired: bool
) -> Reliable:
    """The test of every image, from whether each network is right on it; row k of both is the same seed if paired."""
    num_models = len(dense)
    if is_paired:
        lost, gained = (dense & ~compressed).sum(axis=0), (compressed & ~dense).sum(axis=0)
        p, smallest = sign_p(num_models)[lost, gained], _smallest_of_sign(lost + gained)
        change = gained - lost
    else:
        before, after = dense.sum(axis=0), compressed.sum(axis=0)
        table = fisher_p(num_models)
        p, smallest = table[before, after], _smallest_of_margin(table)[before + after]
        change = after - before
    return Reliable(p, smallest, q_values(p, smallest), change)


def q_values(p: Float[np.ndarray, " tests"], smallest: Float[np.ndarray, " tests"]) -> Float[np.ndarray, " tests"]:
    """min over t >= p of t M(t) / R(t), at most 1.

    Args: smallest: the smallest p that each test could have; not above its p.
    """
    if not len(p):
        return np.empty(0)
    thresholds, which = np.unique(p, return_inverse=True)
    could = np.searchsorted(np.sort(smallest), thresholds, side="right")
    found = np.searchsorted(np.sort(p), thresholds, side="right")
    rates = np.minimum.accumulate((thresholds * could / found)[::-1])[::-1]
    return np.minimum(rates, 1.0)[which]


def sign_p(num_models: int) -> Float[np.ndarray, "lost gained"]:
    """Two-sided p of every pair of counts: twice the chance of as many on the more frequent side, at most 1."""
    from scipy.stats import binom  # half a second to import

    one, other = np.indices((num_models + 1, num_models + 1))
    tail = binom.sf(np.maximum(one, other) - 1, one + other, 0.5)
    return np.minimum(1.0, 2 * tail)


def _smallest_of_sign(discordant: Int[np.ndarray, " examples"]) -> Float[np.ndarray, " examples"]:
    return np.minimum(1.0, 2.0 ** (1 - discordant))


def fisher_p(num_models: int) -> Float[np.ndarray, "before after"]:
    """Two-sided p of every pair of counts: the chance, with their sum given, of counts no more likely than they are."""
    from scipy.stats import hypergeom

    before, after = np.indices((num_models + 1, num_models + 1))
    chances = hypergeom.pmf(before, 2 * num_models, before + after, num_models)
    p = np.empty_like(chances)
    for total in range(2 * num_models + 1):
        row = np.arange(max(0, total - num_models), min(total, num_models) + 1)
        given = chances[row, total - row]
        p[row, total - row] = [given[given <= one * _SAME].sum() for one in given]
    return np.minimum(p, 1.0)


def _smallest_of_margin(table: Float[np.ndarray, "before after"]) -> Float[np.ndarray, " totals"]:
    """Smallest p for every number of right networks in all."""
    flipped = table[::-1]
    return np.array([np.diagonal(flipped, offset).min() for offset in range(1 - len(table), len(table))])
