"""Accuracy on PIEs, without the circle of choosing and scoring on the same networks.

*The set*: PIEs chosen by K - 1 seeds, scored on the one left out, pooled over the seeds. Sums are divided once, so that

    accuracy on all = share x accuracy on PIEs + (1 - share) x accuracy on the others

holds exactly for the networks scored. Naive figures choose and score with all seeds.

*Against chance*: for every disjoint pair (A, B) of populations of m networks, and every seed k outside both, null PIEs
are the images on which dense A and dense B differ, cross PIEs those on which dense A and compressed B differ; both are
scored on dense k and on compressed k. They are compared with each other; what stands above describes a larger
population and is not subtracted from them.

Source: STATISTICS 6 of this project; the naive figures are those of Hooker et al. 2019, arXiv:1911.05248.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from lethe.pies.jackknife import Jackknifed, ratio
from lethe.pies.modal import Ballots, Ties, modal_of, modal_variants
from lethe.pies.pairs import Pairs

_AT_ONCE = 128  # pairs


@dataclass(frozen=True)
class PieAccuracy:
    """Share of examples chosen as PIEs, and accuracies; NaN where there is no PIE.

    With ties="exclude" an example without a modal label is no PIE and counts among the others.
    """

    pie_share: Jackknifed
    dense_on_pies: Jackknifed
    dense_on_others: Jackknifed
    compressed_on_pies: Jackknifed
    compressed_on_others: Jackknifed


@dataclass(frozen=True)
class AgainstChance:
    """Accuracies of networks that had no part in choosing the images; NaN where there is no such image or network."""

    dense_on_null_pies: Jackknifed
    compressed_on_null_pies: Jackknifed
    dense_on_cross_pies: Jackknifed
    compressed_on_cross_pies: Jackknifed

    @property
    def dense_difference(self) -> Jackknifed:
        """On cross PIEs minus on null PIEs."""
        return self.dense_on_cross_pies - self.dense_on_null_pies

    @property
    def compressed_difference(self) -> Jackknifed:
        """On cross PIEs minus on null PIEs."""
        return self.compressed_on_cross_pies - self.compressed_on_null_pies


def left_out_accuracy(ballots: Ballots, *, ties: Ties) -> PieAccuracy:
    """PIEs chosen by all seeds but one, which is scored; without seed j, by all but it and j. NaN with one seed."""
    everyone = np.arange(ballots.num_models)
    scores = [_scored_by_others(ballots, everyone, ties)]
    scores += [_scored_by_others(ballots, np.delete(everyone, seed), ties) for seed in everyone]
    return _accuracy(scores)


def naive_accuracy(ballots: Ballots, *, ties: Ties) -> PieAccuracy:
    """PIEs chosen and scored by the same networks: biased, for comparison with papers that do so."""
    everyone = np.arange(ballots.num_models)
    is_pie = are_pies(ballots, everyone, ties)
    without = [np.delete(everyone, seed) for seed in everyone]
    scores = [_Scores.of(ballots, everyone, np.broadcast_to(is_pie[0], ballots.dense.shape))]
    scores += [
        _Scores.of(ballots, others, np.broadcast_to(row, (len(others), len(row))))
        for others, row in zip(without, is_pie[1:], strict=True)
    ]
    return _accuracy(scores)


def accuracy_against_chance(ballots: Ballots, pairs: Pairs, *, ties: Ties) -> AgainstChance:
    """Accuracies on null and cross PIEs of the pairs, both orders of the second; NaN with fewer than 2 m + 1 seeds."""
    populations, which = np.unique(
        np.sort(np.concatenate([pairs.first, pairs.second]), axis=1), axis=0, return_inverse=True
    )
    dense, compressed = (
        modal_of(votes, populations, ballots.num_codes, ties=ties) for votes in (ballots.dense, ballots.compressed)
    )
    first, second = which.reshape(2, -1)
    null = _Pooled.of(ballots, pairs, ((dense[a], dense[b]) for a, b in zip(first, second, strict=True)))
    forth = ((dense[a], compressed[b]) for a, b in zip(first, second, strict=True))
    back = ((dense[b], compressed[a]) for a, b in zip(first, second, strict=True))
    cross = _Pooled.of(ballots, pairs, forth) + _Pooled.of(ballots, pairs, back)
    return AgainstChance(*null.accuracies(), *cross.accuracies())


def are_pies(
    ballots: Ballots, members: Int[np.ndarray, " members"], ties: Ties
) -> Bool[np.ndarray, "variants examples"]:
    """Whether an example is a PIE of these seeds, then of them without each of all K seeds."""
    if not len(members):
        return np.zeros((ballots.num_models + 1, ballots.dense.shape[1]), bool)
    dense, compressed = (
        modal_variants(votes, members, ballots.num_codes, ties=ties) for votes in (ballots.dense, ballots.compressed)
    )
    return (dense != compressed) & (dense >= 0) & (compressed >= 0)


@dataclass(frozen=True)
class _Scores:
    """Counts of (network, example): on PIEs and in all, how many there are and how many of either population right."""

    pairs: int
    on_pies: int
    right: tuple[int, int]
    right_on_pies: tuple[int, int]

    @classmethod
    def of(
        cls,
        ballots: Ballots,
        scored: Int[np.ndarray, " scored"],
        is_pie: Bool[np.ndarray, "scored examples"],
    ) -> "_Scores":
        """Of the seeds scored, each on the PIEs of its row."""
        rights = [votes[scored] == ballots.labels for votes in (ballots.dense, ballots.compressed)]
        unanimous = len(scored) * ballots.unanimous_right
        right = [int(np.count_nonzero(one)) + unanimous for one in rights]
        on_pies = [int(np.count_nonzero(one & is_pie)) for one in rights]
        return cls(
            pairs=len(scored) * ballots.num_examples,
            on_pies=int(np.count_nonzero(is_pie)),
            right=(right[0], right[1]),
            right_on_pies=(on_pies[0], on_pies[1]),
        )


def _scored_by_others(ballots: Ballots, members: Int[np.ndarray, " members"], ties: Ties) -> _Scores:
    """Every member on the PIEs of all members but itself; nobody is scored where nobody is left to choose."""
    if len(members) < 2:
        return _Scores(pairs=0, on_pies=0, right=(0, 0), right_on_pies=(0, 0))
    return _Scores.of(ballots, members, are_pies(ballots, members, ties)[1 + members])


def _accuracy(scores: list[_Scores]) -> PieAccuracy:
    """Quotients of counts, with all seeds and without each; NaN without each of a population of one or two."""
    pairs, on_pies = (np.array([getattr(one, name) for one in scores], float) for name in ("pairs", "on_pies"))
    right, right_on_pies = (
        np.array([getattr(one, name) for one in scores], float).T for name in ("right", "right_on_pies")
    )
    shares = [ratio(on_pies, pairs)]
    for total, part in zip(right, right_on_pies, strict=True):
        shares += [ratio(part, on_pies), ratio(total - part, pairs - on_pies)]
    return PieAccuracy(*map(Jackknifed, shares))


@dataclass(frozen=True)
class _Pooled:
    """Right predictions on chosen images of the seeds outside their pair, and how many images were chosen, by pair."""

    outside: Bool[np.ndarray, "pairs models"]
    kept: Bool[np.ndarray, "variants pairs"]
    chosen: Float[np.ndarray, " pairs"]
    right: tuple[Float[np.ndarray, "pairs models"], Float[np.ndarray, "pairs models"]]

    @classmethod
    def of(cls, ballots: Ballots, pairs: Pairs, sides: Iterable[tuple[np.ndarray, np.ndarray]]) -> "_Pooled":
        """Of the images on which the two labels of every pair differ."""
        # Counts stay below 2**24, so products of float32 matrices are exact, and they are fast.
        rights = [(votes == ballots.labels).T.astype(np.float32) for votes in (ballots.dense, ballots.compressed)]
        outside = ~pairs.members
        chosen = np.zeros(len(pairs))
        right = np.zeros((2, *outside.shape))
        batch = np.zeros((_AT_ONCE, ballots.dense.shape[1]), np.float32)
        rows: list[int] = []

        def score() -> None:
            part = batch[: len(rows)]
            chosen[rows] = part.sum(axis=1, dtype=np.float64)
            for population, matrix in enumerate(rights):
                right[population, rows] = (part @ matrix) * outside[rows]
            rows.clear()

        for pair, (one, other) in enumerate(sides):
            batch[len(rows)] = (one != other) & (one >= 0) & (other >= 0)
            rows.append(pair)
            if len(rows) == _AT_ONCE:
                score()
        if rows:
            score()
        return cls(outside, pairs.kept, chosen, (right[0], right[1]))

    def __add__(self, other: "_Pooled") -> "_Pooled":
        right = self.right[0] + other.right[0], self.right[1] + other.right[1]
        return _Pooled(self.outside, self.kept, self.chosen + other.chosen, right)

    def accuracies(self) -> list[Jackknifed]:
        """Of the dense and the compressed networks: with all seeds; without j, which neither chooses nor is scored."""
        scored = self._over_variants(self.chosen[:, None] * self.outside)
        return [Jackknifed(ratio(self._over_variants(one), scored)) for one in self.right]

    def _over_variants(self, of_pairs: Float[np.ndarray, "pairs models"]) -> Float[np.ndarray, " variants"]:
        sums = self.kept @ of_pairs  # variants x models
        sums[1:][np.diag_indices(of_pairs.shape[1])] = 0
        return np.asarray(sums.sum(axis=1))
