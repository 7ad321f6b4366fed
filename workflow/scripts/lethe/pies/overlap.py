"""Do two cells lose the same images? Overlap of PIE sets of populations that share no seed, beside that of chance.

A and B are disjoint populations of m seeds (`pies.pairs`). X_A are the PIEs that the seeds A have in one cell: modal
labels of the reference networks A against those of the compressed networks A; Y_B those that the seeds B have in
another. As means over pairs and both orders, examples in ten strata d of equal size by how narrowly dense networks
decide on them:

    I = |X_A & Y_B|        E = sum over d of |X_A,d| |Y_B,d| / n_d      what chance gives where both lose hard images
    jaccard = I / |X_A | Y_B|      lift = I N / (|X_A| |Y_B|)      lift within strata = I / E
    shared = (I_XY - E_XY) / sqrt( (I_XX - E_XX) (I_YY - E_YY) )

The last is 1 where two cells lose the same images as far as either loses the same ones again with other seeds, and 0
where they lose the same images no more often than two that lose images of the same strata at random: a correlation
corrected for attenuation. It is not given where a cell is not shown to have anything in common with itself (95 %
interval of I_XX - E_XX). A pair of one cell with itself tells how reproducible its PIEs are.

Source: METHODS 12.3 of this project; correction for attenuation: Spearman 1904, Am. J. Psychol. 15. The claim that
PIEs are unique to a pair of training and pruning is that of Corti et al. 2022, arXiv:2207.00200.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from lethe.pies.jackknife import REAL, SHARE, Jackknifed, ratio
from lethe.pies.pairs import Pairs

STRATA = 10


@dataclass(frozen=True)
class Strata:
    """Examples by how narrowly dense networks decide on them, hardest last.

    Attributes:
        order: of the examples, strata one after the other, each filled up with -1 to whole bytes.
        sizes: examples of every stratum.
        starts: first byte of every stratum.
    """

    order: Int[np.ndarray, " places"]
    sizes: Int[np.ndarray, " strata"]
    starts: Int[np.ndarray, " strata"]

    @classmethod
    def by(cls, *difficulties: Float[np.ndarray, " examples"], number: int = STRATA) -> "Strata":
        """Strata of equal size by the first difficulty, among equal ones by the next, then by the place of an
        example."""
        ranked = np.lexsort(difficulties[::-1])
        parts = [part for part in np.array_split(ranked, number) if len(part)]
        filled = [np.concatenate([part, np.full(-len(part) % 8, -1)]) for part in parts]
        starts = np.cumsum([0, *(len(part) // 8 for part in filled)])[:-1]
        return cls(np.concatenate(filled), np.array([len(part) for part in parts]), starts)

    def packed(self, sets: Bool[np.ndarray, "*sets examples"]) -> UInt8[np.ndarray, "*sets bytes"]:
        """Sets of examples as bits, in the order of the strata."""
        with_none = np.concatenate([sets, np.zeros((*sets.shape[:-1], 1), dtype=bool)], axis=-1)
        return np.packbits(with_none[..., self.order], axis=-1)

    def counted(self, bits: UInt8[np.ndarray, "*sets bytes"]) -> Int[np.ndarray, "*sets strata"]:
        """How many examples of every stratum are in each set."""
        return np.add.reduceat(np.bitwise_count(bits), self.starts, axis=-1, dtype=np.int64)


@dataclass(frozen=True)
class PieSets:
    """The PIE sets of a cell, one for either population of every pair.

    Attributes:
        bits: see `Strata.packed`; first those of the first populations, then those of the second.
        counts: examples of every stratum in each.
    """

    bits: UInt8[np.ndarray, "two pairs bytes"]
    counts: Int[np.ndarray, "two pairs strata"]

    @classmethod
    def of(cls, sets: Bool[np.ndarray, "two pairs examples"], strata: Strata) -> "PieSets":
        """From truth values."""
        bits = strata.packed(sets)
        return cls(bits, strata.counted(bits))

    @property
    def mean_size(self) -> float:
        """Images in a set, on average."""
        return float(self.counts.sum(axis=-1).mean()) if self.counts.size else float("nan")


@dataclass(frozen=True)
class Overlap:
    """What two cells have in common, with all seeds and without each."""

    jaccard: Jackknifed
    lift: Jackknifed
    lift_within: Jackknifed
    beyond: Jackknifed

    def shared(self, one: "Overlap", other: "Overlap") -> Jackknifed:
        """How much of what either cell has in common with itself they have in common.

        NaN where a cell is not shown to have anything in common with itself: the quotient would be of two noises.

        Args: one, other: of each cell with itself.
        """
        product = one.beyond.values * other.beyond.values
        is_known = all(own.beyond.interval().low > 0 for own in (one, other)) and bool((product > 0).all())
        return Jackknifed(self.beyond.values / np.sqrt(product if is_known else np.full_like(product, np.nan)))


def overlap(one: PieSets, other: PieSets, strata: Strata, pairs: Pairs) -> Overlap:
    """Of two cells, or of a cell with itself: always between populations that share no seed."""
    theirs = other.counts[::-1]
    common = strata.counted(one.bits & other.bits[::-1]).sum(axis=-1).mean(axis=0, dtype=np.float64)
    expected = (one.counts * theirs / strata.sizes).sum(axis=-1).mean(axis=0)
    sizes = one.counts.sum(axis=-1), theirs.sum(axis=-1)
    product = (sizes[0] * sizes[1]).mean(axis=0) / strata.sizes.sum()
    total = (sizes[0] + sizes[1]).mean(axis=0)
    kept = pairs.kept.astype(np.float64)
    number = kept.sum(axis=1)
    i, e, p, t = (ratio(kept @ values, number) for values in (common, expected, product, total))
    return Overlap(Jackknifed(ratio(i, t - i)), Jackknifed(ratio(i, p)), Jackknifed(ratio(i, e)), Jackknifed(i - e))


def told(found: Overlap, shared: Jackknifed) -> dict[str, float]:
    """The columns of a table: each quantity with its interval over seeds."""
    return {
        **found.jaccard.interval(SHARE).columns("jaccard"),
        **found.lift.interval((0.0, np.inf)).columns("lift"),
        **found.lift_within.interval((0.0, np.inf)).columns("lift_within"),
        **shared.interval(REAL).columns("shared"),
    }
