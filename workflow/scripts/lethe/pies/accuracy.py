"""Accuracy on PIEs and on the other examples, without the circle of choosing and scoring on the same networks.

PIEs are chosen by one half of the seeds (dense A against compressed A) and the networks of the other half are scored on
them; the naive figure chooses and scores with all seeds. Sums over splits are divided once, so that

    accuracy on all = share * accuracy on PIEs + (1 - share) * accuracy on others

holds exactly for the networks scored, and a split without a PIE adds nothing instead of being undefined.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lethe.pies.halves import Halves
from lethe.pies.jackknife import kept_variants, ratio
from lethe.pies.modal import Ballots, Ties, modal_variants

# Who chooses the PIEs, who is scored on them.
Roles = tuple[Int[np.ndarray, " choosers"], Int[np.ndarray, " scored"]]


@dataclass(frozen=True)
class PieAccuracy:
    """Share of examples chosen as PIEs, and accuracies: with all seeds, then without each. NaN where there is no PIE.

    With ties="exclude" an example without a modal label is no PIE and counts among the others.
    """

    pie_share: Float[np.ndarray, " variants"]
    dense_on_pies: Float[np.ndarray, " variants"]
    dense_on_others: Float[np.ndarray, " variants"]
    compressed_on_pies: Float[np.ndarray, " variants"]
    compressed_on_others: Float[np.ndarray, " variants"]


def held_out_accuracy(ballots: Ballots, halves: Halves, *, ties: Ties) -> PieAccuracy:
    """PIEs chosen by one half of the seeds, scored by the other; both orders of every split.

    Seed k is deleted from fixed splits, for the reason given in `null.cross_half`.
    """
    both_orders = [roles for first, second in halves for roles in ((first, second), (second, first))]
    return _accuracy(ballots, both_orders, ties)


def naive_accuracy(ballots: Ballots, *, ties: Ties) -> PieAccuracy:
    """PIEs chosen and scored by the same networks: biased, for comparison with papers that do so."""
    everyone = np.arange(ballots.num_models)
    return _accuracy(ballots, [(everyone, everyone)], ties)


def _accuracy(ballots: Ballots, roles: Iterable[Roles], ties: Ties) -> PieAccuracy:
    """Pools (network, example) pairs over all roles; every sum has one entry per variant."""
    rights = [_Rights.of(ballots, votes) for votes in (ballots.dense, ballots.compressed)]
    pairs, pairs_on_pies, undefined = np.zeros((3, ballots.num_models + 1))
    sums = np.zeros((2, 2, ballots.num_models + 1))
    for choosers, scored in roles:
        dense, compressed = (
            modal_variants(votes, choosers, ballots.num_codes, ties=ties)
            for votes in (ballots.dense, ballots.compressed)
        )
        is_pie = (dense != compressed) & (dense >= 0) & (compressed >= 0)
        kept = kept_variants(ballots.num_models, scored)
        pairs += kept.sum(axis=1) * ballots.num_examples
        pairs_on_pies += kept.sum(axis=1) * is_pie.sum(axis=1)
        sums += np.array([(right.on_pies(is_pie, kept), kept @ right.total) for right in rights])
        if len(choosers) == 1:
            undefined[1:] = np.nan  # Without its one model a population has no modal label.
    shares = [
        (ratio(on_pies, pairs_on_pies), ratio(on_all - on_pies, pairs - pairs_on_pies)) for on_pies, on_all in sums
    ]
    (dense_on_pies, dense_on_others), (compressed_on_pies, compressed_on_others) = shares
    columns = (ratio(pairs_on_pies, pairs), dense_on_pies, dense_on_others, compressed_on_pies, compressed_on_others)
    return PieAccuracy(*(column + undefined for column in columns))


@dataclass(frozen=True)
class _Rights:
    """Right predictions of one population: per model for contested examples, and totals over all examples."""

    matrix: Float[np.ndarray, "examples models"]
    total: Float[np.ndarray, " models"]

    @classmethod
    def of(cls, ballots: Ballots, votes: Int[np.ndarray, "models examples"]) -> "_Rights":
        """Those of one population's votes."""
        # Counts stay below 2**24, so products of float32 matrices are exact, and they are fast.
        matrix = (votes == ballots.labels).T.astype(np.float32)
        return cls(matrix, matrix.sum(axis=0, dtype=np.float64) + ballots.unanimous_right)

    def on_pies(
        self, is_pie: Bool[np.ndarray, "variants examples"], kept: Bool[np.ndarray, "variants models"]
    ) -> Float[np.ndarray, " variants"]:
        """Right predictions on PIEs, summed over the kept models."""
        return ((is_pie.astype(np.float32) @ self.matrix) * kept).sum(axis=1, dtype=np.float64)
