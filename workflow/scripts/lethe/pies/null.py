"""The share of PIEs that seed noise alone would give, and how much more a compressed cell has.

Seeds are split into disjoint halves A and B. null = share of examples whose modal label differs between dense A and
dense B; cross = dense A against compressed B; excess = cross - null. The halves share no network, so the excess is
valid for paired cells too. Source: METHODS 12.2 of this project; Hooker et al. 2019 has no null.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from lethe.pies.halves import Halves
from lethe.pies.jackknife import ratio
from lethe.pies.modal import Ballots, Ties, modal_by_size, modal_variants


@dataclass(frozen=True)
class CrossHalf:
    """Shares of examples, means over splits: first with all seeds, then without each of them."""

    null: Float[np.ndarray, " variants"]
    cross: Float[np.ndarray, " variants"]

    @property
    def excess(self) -> Float[np.ndarray, " variants"]:
        """What compression adds to seed noise; in [-1, 1], below zero where it makes networks agree more."""
        return self.cross - self.null


@dataclass(frozen=True)
class BySize:
    """Null and cross share of populations of 1, 2, ... floor(K/2) models."""

    null: Float[np.ndarray, " half"]
    cross: Float[np.ndarray, " half"]


def cross_half(ballots: Ballots, halves: Halves, *, ties: Ties) -> CrossHalf:
    """Null and cross share over fixed splits, with and without each seed.

    A seed is deleted from the halves it stands in; the splits stay. Drawing new splits of K - 1 seeds would add their
    chance to the jackknife's differences, which it then multiplies by K. The half that loses a seed is one smaller,
    which shifts all K replicates alike (every seed stands in one half of every split, and both orders are used), so
    that the spread around their mean is not touched.

    Returns: NaN without seed k where a half would be empty (K < 4); all NaN with one seed.
    """
    if len(halves) == 0:
        undefined = np.full(ballots.num_models + 1, np.nan)
        return CrossHalf(undefined, undefined)
    null, cross = _mean_shares(ballots, halves, modal_variants, ties)
    if halves.first.shape[1] == 1:
        null[1:] = cross[1:] = np.nan
    return CrossHalf(null, cross)


def by_size(ballots: Ballots, halves: Halves, *, ties: Ties) -> BySize:
    """The same shares for smaller populations: the first m seeds of each half against each other.

    For an example with vote share q of one of two classes both shares tend to 0 with m unless q is near one half,
    where they stay near .5 whatever m is.
    """
    if len(halves) == 0:
        return BySize(np.empty(0), np.empty(0))
    return BySize(*_mean_shares(ballots, halves, modal_by_size, ties))


def _mean_shares(
    ballots: Ballots, halves: Halves, modal: Callable[..., Int[np.ndarray, "rows examples"]], ties: Ties
) -> tuple[Float[np.ndarray, " rows"], Float[np.ndarray, " rows"]]:
    """Null and cross share, means over splits and both their orders; `modal` makes rows of labels of a half."""
    nulls, crosses = [], []
    for first, second in halves:
        dense_a, dense_b, compressed_a, compressed_b = (
            modal(votes, half, ballots.num_codes, ties=ties)
            for votes in (ballots.dense, ballots.compressed)
            for half in (first, second)
        )
        nulls.append(differing_share(dense_a, dense_b, ballots.num_unanimous))
        forth = differing_share(dense_a, compressed_b, ballots.num_unanimous)
        back = differing_share(dense_b, compressed_a, ballots.num_unanimous)
        crosses.append((forth + back) / 2)
    return np.mean(nulls, axis=0), np.mean(crosses, axis=0)


def differing_share(
    one: Int[np.ndarray, "rows examples"], other: Int[np.ndarray, "rows examples"], num_unanimous: int
) -> Float[np.ndarray, " rows"]:
    """Share of examples with different labels, among those where neither label is excluded; NaN if there is none."""
    is_decided = (one >= 0) & (other >= 0)
    return ratio(((one != other) & is_decided).sum(axis=1), is_decided.sum(axis=1) + num_unanimous)
