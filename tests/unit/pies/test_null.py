"""The cross-half null: its formula, its zero, and its replicates against deleting seeds by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from scipy.stats import binom

from lethe.pies.halves import split_in_halves
from lethe.pies.modal import Ballots, contested, local_codes, modal_labels, vote_counts
from lethe.pies.null import by_size, cross_half
from support.near import assert_near
from unit.pies.populations import NUM_CLASSES, Pair, pairs, quick, simulated_pair


def ballots_of(pair: Pair) -> Ballots:
    return contested(local_codes(pair[0].predictions, pair[1].predictions, pair[0].labels))


def first_wins(size: int, share: float) -> float:
    """Chance that class 0, smaller than its rival, is modal among `size` votes: ties are its own."""
    return binom.sf(size / 2 - 1, size, share) if size % 2 == 0 else binom.sf(size // 2, size, share)


@pytest.mark.parametrize("share", [0.5, 0.6, 0.8, 0.95])
def test_null_is_the_binomial_formula(share: float) -> None:
    num_examples = 8_000
    votes = (np.random.default_rng(0).random((10, num_examples)) > share).astype(np.int64)
    ballots = contested(local_codes(votes, votes, np.zeros(num_examples, np.int64)))
    sizes = by_size(ballots, split_in_halves(10, np.random.default_rng(1)), ties="smallest")
    for size, null in enumerate(sizes.null, start=1):
        wins = first_wins(size, share)
        expected = 2 * wins * (1 - wins)
        assert abs(null - expected) < 4 * np.sqrt(0.25 / num_examples)


@quick
@given(pairs(most=5))
def test_an_unchanged_population_has_no_excess_at_all(pair: Pair) -> None:
    ballots = ballots_of((pair[0], pair[0]))
    crossed = cross_half(ballots, split_in_halves(ballots.num_models, np.random.default_rng(0)), ties="smallest")
    defined = ~np.isnan(crossed.null)
    assert (crossed.excess[defined] == 0).all()


@pytest.mark.slow
@quick
@given(pairs(fewest=4, most=6))
def test_shares_are_what_dropping_seeds_from_the_splits_gives(pair: Pair) -> None:
    dense, compressed = (p.predictions for p in pair)
    halves = split_in_halves(len(dense), np.random.default_rng(0))
    crossed = cross_half(ballots_of(pair), halves, ties="smallest")

    def differing(one: np.ndarray, members: list[int], other: np.ndarray, others: list[int]) -> float:
        a, b = (modal_labels(vote_counts(v[m], NUM_CLASSES)).labels for v, m in ((one, members), (other, others)))
        return float((a != b).mean())

    for row, absent in enumerate([None, *range(len(dense))]):
        splits = [([k for k in a if k != absent], [k for k in b if k != absent]) for a, b in halves]
        null = np.mean([differing(dense, a, dense, b) for a, b in splits])
        cross = np.mean([[differing(dense, a, compressed, b), differing(dense, b, compressed, a)] for a, b in splits])
        assert_near(crossed.null[row], null)
        assert_near(crossed.cross[row], cross)


@pytest.mark.parametrize("ties", ["smallest", "largest", "exclude"])
@pytest.mark.parametrize("num_models", [4, 7])
def test_the_largest_size_is_the_share_itself(ties: str, num_models: int) -> None:
    ballots = ballots_of(simulated_pair(np.random.default_rng(0), num_models=num_models))
    halves = split_in_halves(num_models, np.random.default_rng(1))
    crossed, sizes = cross_half(ballots, halves, ties=ties), by_size(ballots, halves, ties=ties)
    assert_near(crossed.null[0], sizes.null[-1])
    assert_near(crossed.cross[0], sizes.cross[-1])
    assert len(sizes.null) == num_models // 2


def test_a_size_of_one_is_the_churn_of_single_models() -> None:
    dense, compressed = simulated_pair(np.random.default_rng(0), num_models=2)
    sizes = by_size(ballots_of((dense, compressed)), split_in_halves(2, np.random.default_rng(0)), ties="smallest")
    one, other = dense.predictions
    assert_near(sizes.null[0], (one != other).mean())
    churn = [(one != compressed.predictions[1]).mean(), (other != compressed.predictions[0]).mean()]
    assert_near(sizes.cross[0], np.mean(churn))


def test_a_population_that_seeds_share_has_no_null() -> None:
    dense, compressed = simulated_pair(np.random.default_rng(0), num_models=6)
    sure = replace(dense, predictions=np.tile(dense.predictions[:1], (6, 1)))
    crossed = cross_half(ballots_of((sure, compressed)), split_in_halves(6, np.random.default_rng(0)), ties="smallest")
    assert (crossed.null == 0).all()
    assert (crossed.excess > 0).all()


def test_deletions_that_empty_a_half_are_undefined() -> None:
    ballots = ballots_of(simulated_pair(np.random.default_rng(0), num_models=3))
    crossed = cross_half(ballots, split_in_halves(3, np.random.default_rng(0)), ties="smallest")
    assert np.isfinite(crossed.excess[0])
    assert np.isnan(crossed.excess[1:]).all()
