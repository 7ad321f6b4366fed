"""How often populations of m networks disagree: by seed noise alone, and across compression.

For an image let p (q) be the distribution of the modal label of m random dense (compressed) networks. As means over
images, each between populations that share no seed:

    null = E(1 - p.p), compressed null = E(1 - q.q), cross = E(1 - p.q)
    excess = cross - null = shift + spread
    shift  = cross - (null + compressed null) / 2 = E 1/2 |p - q|^2     the label distribution moved
    spread = (compressed null - null) / 2                              compressed networks agree less among themselves

The excess is the disagreement that compression adds, not the share of images that are no seed noise. The estimate of
shift may be negative, as it is unbiased; it is not clipped.

Source: STATISTICS 1 and 2 of this project; Hooker et al. 2019, arXiv:1911.05248, has no null.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from lethe.pies.jackknife import Jackknifed, ratio
from lethe.pies.modal import Ballots, Ties, modal_by_size, modal_of
from lethe.pies.pairs import Pairs

Labels = Int[np.ndarray, "populations examples"]


@dataclass(frozen=True)
class Share:
    """A share of images, a mean over pairs of populations.

    Attributes:
        values: with all seeds, then without each.
        images: the value of each contested image, whose mean over all images is `values[0]`; NaN with
            ties="exclude", where the images that count change from pair to pair.
    """

    values: Float[np.ndarray, " variants"]
    images: Float[np.ndarray, " examples"]

    def __add__(self, other: "Share") -> "Share":
        return Share(self.values + other.values, self.images + other.images)

    def __sub__(self, other: "Share") -> "Share":
        return self + other.times(-1.0)

    def times(self, factor: float) -> "Share":
        """This many of it."""
        return Share(factor * self.values, factor * self.images)

    def jackknifed(self, num_unanimous: int) -> Jackknifed:
        """With the variance that the images add, which are a sample as well as the seeds are.

        Args: num_unanimous: images that are not among `images`, whose value is 0.
        """
        number = len(self.images) + num_unanimous
        if number < 2 or np.isnan(self.images).any():
            return Jackknifed(self.values)
        squares = ((self.images - self.values[0]) ** 2).sum() + num_unanimous * self.values[0] ** 2
        return Jackknifed(self.values, float(squares / (number - 1) / number))


@dataclass(frozen=True)
class Disagreement:
    """Shares of images on which two populations of m networks have different modal labels."""

    null: Share
    compressed_null: Share
    cross: Share

    @property
    def excess(self) -> Share:
        """What compression adds; in [-1, 1], below 0 where it makes networks agree more."""
        return self.cross - self.null

    @property
    def shift(self) -> Share:
        """Half the squared distance of the label distributions; in [0, 1], its estimate in [-1, 1]."""
        return self.cross - (self.null + self.compressed_null).times(0.5)

    @property
    def spread(self) -> Share:
        """Half of what compressed networks disagree more among themselves than dense ones; in [-1/2, 1/2]."""
        return (self.compressed_null - self.null).times(0.5)


def disagreement(ballots: Ballots, pairs: Pairs, *, ties: Ties) -> Disagreement:
    """The three shares as means over the pairs and both their orders, with and without each seed.

    Without seed k the pairs are used in which it does not stand, so that populations keep their size. With
    ties="exclude" a pair's share is over the images of which neither label is excluded.

    Returns: NaN without seed k where no pair is left, K < 2 m + 1; all NaN where there is none, K < 2 m.
    """
    populations, which = np.unique(
        np.sort(np.concatenate([pairs.first, pairs.second]), axis=1), axis=0, return_inverse=True
    )
    dense, compressed = (
        modal_of(votes, populations, ballots.num_codes, ties=ties) for votes in (ballots.dense, ballots.compressed)
    )
    first, second = which.reshape(2, -1)

    def share(*sides: tuple[Labels, Labels]) -> Share:
        tally = _Tally(ballots.dense.shape[1], ballots.num_unanimous, may_exclude=ties == "exclude")
        of_pairs = np.array([tally.count(one, other, first, second) for one, other in sides]).mean(axis=0)
        kept = pairs.kept & ~np.isnan(of_pairs)  # without a decided image a pair says nothing
        return Share(ratio(kept @ np.nan_to_num(of_pairs), kept.sum(axis=1)), tally.of_images())

    return Disagreement(
        null=share((dense, dense)),
        compressed_null=share((compressed, compressed)),
        cross=share((dense, compressed), (compressed, dense)),
    )


@dataclass
class _Tally:
    """Counts in how many pairs of populations the labels of each image differ."""

    num_examples: int
    num_unanimous: int
    may_exclude: bool
    differing: Float[np.ndarray, " examples"] = field(init=False)
    pairs: int = 0

    def __post_init__(self) -> None:
        """Begin with nothing counted."""
        self.differing = np.zeros(self.num_examples)

    def count(
        self, one: Labels, other: Labels, first: Int[np.ndarray, " pairs"], second: Int[np.ndarray, " pairs"]
    ) -> Float[np.ndarray, " pairs"]:
        """Share of differing images for every pair, `first` picking rows of one and `second` of the other."""
        shares = np.empty(len(first))
        for pair, (a, b) in enumerate(zip(first, second, strict=True)):
            differ = one[a] != other[b]
            number = self.num_examples
            if self.may_exclude:
                decided = (one[a] >= 0) & (other[b] >= 0)
                differ &= decided
                number = int(np.count_nonzero(decided))
            self.differing += differ
            total = number + self.num_unanimous
            shares[pair] = np.count_nonzero(differ) / total if total else np.nan
        self.pairs += len(first)
        return shares

    def of_images(self) -> Float[np.ndarray, " examples"]:
        """`Share.images`."""
        if self.may_exclude or not self.pairs:
            return np.full(self.num_examples, np.nan)
        return self.differing / self.pairs


@dataclass(frozen=True)
class BySize:
    """Null and cross share of populations of 1, 2, ... floor(K/2) models."""

    null: Float[np.ndarray, " half"]
    cross: Float[np.ndarray, " half"]


def by_size(ballots: Ballots, halves: Pairs, *, ties: Ties) -> BySize:
    """Null and cross for populations of every size: the first m seeds of each half against each other.

    For an example with vote share q of one of two classes both shares tend to 0 with m unless q is near one half,
    where they stay near .5 whatever m is.

    Args: halves: pairs of floor(K/2) seeds.
    """
    if len(halves) == 0 or ballots.num_models < 2:
        return BySize(np.empty(0), np.empty(0))
    nulls, crosses = [], []
    for first, second in zip(halves.first, halves.second, strict=True):
        dense_a, dense_b, compressed_a, compressed_b = (
            modal_by_size(votes, half, ballots.num_codes, ties=ties)
            for votes in (ballots.dense, ballots.compressed)
            for half in (first, second)
        )
        nulls.append(differing_share(dense_a, dense_b, ballots.num_unanimous))
        sides: Sequence[tuple[Labels, Labels]] = ((dense_a, compressed_b), (dense_b, compressed_a))
        crosses.append(np.mean([differing_share(*side, ballots.num_unanimous) for side in sides], axis=0))
    return BySize(np.mean(nulls, axis=0), np.mean(crosses, axis=0))


def differing_share(
    one: Int[np.ndarray, "rows examples"], other: Int[np.ndarray, "rows examples"], num_unanimous: int
) -> Float[np.ndarray, " rows"]:
    """Share of examples with different labels, among those where neither label is excluded; NaN if there is none."""
    is_decided = (one >= 0) & (other >= 0)
    return ratio(((one != other) & is_decided).sum(axis=1), is_decided.sum(axis=1) + num_unanimous)
