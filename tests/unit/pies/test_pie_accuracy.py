"""Accuracy on PIEs and others: the identity with accuracy on all, against loops, and without the circle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lethe.pies.accuracy import PieAccuracy, held_out_accuracy, naive_accuracy
from lethe.pies.find import find_pies
from lethe.pies.halves import split_in_halves
from lethe.pies.modal import Ballots, contested, local_codes, modal_labels, vote_counts
from support.near import assert_near
from unit.pies.populations import Pair, pairs, quick, simulated_pair

ALL_TIES = st.sampled_from(["smallest", "largest", "exclude"])


def ballots_of(pair: Pair) -> Ballots:
    return contested(local_codes(pair[0].predictions, pair[1].predictions, pair[0].labels))


def mixed(share: float, on_pies: float, on_others: float) -> np.number:
    """share * accuracy on PIEs + (1 - share) * accuracy on others, an empty side counting nothing."""
    return np.nansum([share * on_pies, (1 - share) * on_others])


def assert_identity(found: PieAccuracy, pair: Pair) -> None:
    share = found.pie_share[0]
    dense = mixed(share, found.dense_on_pies[0], found.dense_on_others[0])
    compressed = mixed(share, found.compressed_on_pies[0], found.compressed_on_others[0])
    assert_near(dense, pair[0].is_right.mean())
    assert_near(compressed, pair[1].is_right.mean())


@quick
@given(pairs(), ALL_TIES)
def test_naive_accuracies_mix_to_the_accuracy(pair: Pair, ties: str) -> None:
    found = naive_accuracy(ballots_of(pair), ties=ties)
    assert_near(found.pie_share[0], find_pies(*pair, ties=ties).is_pie.mean())
    assert_identity(found, pair)


@quick
@given(pairs(fewest=2, most=7), ALL_TIES)
def test_held_out_accuracies_mix_to_the_accuracy(pair: Pair, ties: str) -> None:
    halves = split_in_halves(len(pair[0].seeds), np.random.default_rng(0))
    assert_identity(held_out_accuracy(ballots_of(pair), halves, ties=ties), pair)


@quick
@given(pairs())
def test_the_identity_holds_for_every_model(pair: Pair) -> None:
    is_pie = find_pies(*pair).is_pie.to_numpy()
    for population in pair:
        for is_right in population.is_right:
            on_pies = is_right[is_pie].mean() if is_pie.any() else np.nan
            on_others = is_right[~is_pie].mean() if (~is_pie).any() else np.nan
            assert_near(mixed(is_pie.mean(), on_pies, on_others), is_right.mean())


def test_held_out_accuracy_is_that_of_a_loop() -> None:
    dense, compressed = simulated_pair(np.random.default_rng(5), num_models=6)
    halves = split_in_halves(6, np.random.default_rng(0))
    found = held_out_accuracy(ballots_of((dense, compressed)), halves, ties="smallest")
    for row, absent in enumerate([None, *range(6)]):
        right, total = 0, 0
        for first, second in halves:
            for choosers, scored in ((first, second), (second, first)):
                chosen = [k for k in choosers if k != absent]
                labels = [modal_labels(vote_counts(p.predictions[chosen], 4)).labels for p in (dense, compressed)]
                on_pies = compressed.is_right[[k for k in scored if k != absent]][:, labels[0] != labels[1]]
                right, total = right + on_pies.sum(), total + on_pies.size
        assert_near(found.compressed_on_pies[row], right / total)


def test_held_out_accuracy_is_the_chance_of_being_right_where_naive_is_not() -> None:
    """Two classes, independent networks, known chances of being right: only the circle can tell the figures apart."""
    generator = np.random.default_rng(0)
    num_examples = 6000
    dense_right = generator.uniform(0.35, 1, num_examples)
    compressed_right = dense_right - 0.1
    votes = (generator.random((2, 10, num_examples)) > np.stack([dense_right, compressed_right])[:, None]).astype(int)
    ballots = contested(local_codes(votes[0], votes[1], np.zeros(num_examples, np.int64)))
    dense_wins, compressed_wins = (binom.sf(2, 5, chance) for chance in (dense_right, compressed_right))
    chosen = dense_wins * (1 - compressed_wins) + compressed_wins * (1 - dense_wins)
    dense_expected, compressed_expected = (np.average(r, weights=chosen) for r in (dense_right, compressed_right))
    held_out = held_out_accuracy(ballots, split_in_halves(10, generator), ties="smallest")
    assert abs(held_out.dense_on_pies[0] - dense_expected) < 0.01
    assert abs(held_out.compressed_on_pies[0] - compressed_expected) < 0.01
    naive = naive_accuracy(ballots, ties="smallest")
    assert naive.dense_on_pies[0] - naive.compressed_on_pies[0] > 0.1 + 0.03


@pytest.mark.parametrize("num_models", [1, 2, 5])
def test_without_a_pie_the_accuracy_on_pies_is_undefined(num_models: int) -> None:
    dense, _ = simulated_pair(np.random.default_rng(0), num_models=num_models)
    halves = split_in_halves(num_models, np.random.default_rng(0))
    for found in (
        naive_accuracy(ballots_of((dense, dense)), ties="smallest"),
        held_out_accuracy(ballots_of((dense, dense)), halves, ties="smallest"),
    ):
        assert np.isnan(found.dense_on_pies).all()
        assert np.isnan(found.compressed_on_pies).all()
