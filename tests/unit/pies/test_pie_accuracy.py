"""Accuracy on PIEs and others: the identity with accuracy on all, against loops, and without the circle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lethe.pies.accuracy import PieAccuracy, accuracy_against_chance, left_out_accuracy, naive_accuracy
from lethe.pies.find import find_pies
from lethe.pies.modal import Ballots, contested, local_codes
from lethe.pies.pairs import disjoint_pairs
from support.near import assert_near
from unit.pies import literal
from unit.pies.populations import Pair, pairs, quick, simulated_pair

ALL_TIES = st.sampled_from(["smallest", "largest", "exclude"])


def ballots_of(pair: Pair) -> Ballots:
    return contested(local_codes(pair[0].predictions, pair[1].predictions, pair[0].labels))


def mixed(share: float, on_pies: float, on_others: float) -> np.number:
    """share * accuracy on PIEs + (1 - share) * accuracy on others, an empty side counting nothing."""
    return np.nansum([share * on_pies, (1 - share) * on_others])


def assert_identity(found: PieAccuracy, pair: Pair) -> None:
    share = found.pie_share.whole
    dense = mixed(share, found.dense_on_pies.whole, found.dense_on_others.whole)
    compressed = mixed(share, found.compressed_on_pies.whole, found.compressed_on_others.whole)
    assert_near(dense, pair[0].is_right.mean())
    assert_near(compressed, pair[1].is_right.mean())


@quick
@given(pairs(), ALL_TIES)
def test_naive_accuracies_mix_to_the_accuracy(pair: Pair, ties: str) -> None:
    found = naive_accuracy(ballots_of(pair), ties=ties)
    assert_near(found.pie_share.whole, find_pies(*pair, ties=ties).is_pie.mean())
    assert_identity(found, pair)


@quick
@given(pairs(fewest=2, most=7), ALL_TIES)
def test_left_out_accuracies_mix_to_the_accuracy(pair: Pair, ties: str) -> None:
    assert_identity(left_out_accuracy(ballots_of(pair), ties=ties), pair)


@quick
@given(pairs(fewest=2, most=6))
def test_left_out_accuracies_are_the_literal_ones(pair: Pair) -> None:
    dense, compressed = pair
    found = left_out_accuracy(ballots_of(pair), ties="smallest")
    everyone = list(range(len(dense.seeds)))
    for row, seeds in enumerate([everyone, *([k for k in everyone if k != j] for j in everyone)]):
        if len(seeds) < 2:
            continue
        for name, population in (("dense_on_pies", dense), ("compressed_on_pies", compressed)):
            expected = literal.left_out_on_pies(dense.predictions, compressed.predictions, population.is_right, seeds)
            literal.agree(getattr(found, name).values[row], expected)


@quick
@given(pairs(fewest=2, most=6), st.sampled_from([1, 2]))
def test_accuracies_on_null_and_cross_pies_are_the_literal_ones(pair: Pair, size: int) -> None:
    dense, compressed = pair
    num_models = len(dense.seeds)
    found = accuracy_against_chance(
        ballots_of(pair), disjoint_pairs(num_models, size, np.random.default_rng(0)), ties="smallest"
    )
    everyone = list(range(num_models))
    for row, seeds in enumerate([everyone, *([k for k in everyone if k != j] for j in everyone)]):
        for name, other, scored in (
            ("dense_on_null_pies", dense, dense),
            ("compressed_on_null_pies", dense, compressed),
            ("dense_on_cross_pies", compressed, dense),
            ("compressed_on_cross_pies", compressed, compressed),
        ):
            expected = literal.on_chosen_by_pairs(dense.predictions, other.predictions, scored.is_right, seeds, size)
            literal.agree(getattr(found, name).values[row], expected)


def test_left_out_accuracy_is_the_chance_of_being_right_where_naive_is_not() -> None:
    """Two classes, independent networks, known chances of being right: only the circle can tell the figures apart."""
    generator = np.random.default_rng(0)
    num_examples = 6000
    dense_right = generator.uniform(0.35, 1, num_examples)
    compressed_right = dense_right - 0.1
    votes = (generator.random((2, 10, num_examples)) > np.stack([dense_right, compressed_right])[:, None]).astype(int)
    ballots = contested(local_codes(votes[0], votes[1], np.zeros(num_examples, np.int64)))
    # Nine networks choose: class 0 is modal where at least five of them are right.
    dense_wins, compressed_wins = (binom.sf(4, 9, chance) for chance in (dense_right, compressed_right))
    chosen = dense_wins * (1 - compressed_wins) + compressed_wins * (1 - dense_wins)
    dense_expected, compressed_expected = (np.average(r, weights=chosen) for r in (dense_right, compressed_right))
    left_out = left_out_accuracy(ballots, ties="smallest")
    assert abs(left_out.dense_on_pies.whole - dense_expected) < 0.02
    assert abs(left_out.compressed_on_pies.whole - compressed_expected) < 0.02
    naive = naive_accuracy(ballots, ties="smallest")
    assert naive.dense_on_pies.whole - naive.compressed_on_pies.whole > 0.1 + 0.03


def test_dense_networks_are_right_on_half_of_the_null_pies_of_two_classes() -> None:
    """Where two classes compete, A and B differ as often one way as the other."""
    dense, _ = simulated_pair(np.random.default_rng(0), num_models=10)
    found = accuracy_against_chance(
        ballots_of((dense, dense)), disjoint_pairs(10, 3, np.random.default_rng(0)), ties="smallest"
    )
    for name in ("dense_on_null_pies", "compressed_on_null_pies", "dense_on_cross_pies", "compressed_on_cross_pies"):
        assert_near(getattr(found, name).values, found.dense_on_null_pies.values)
    assert 0.35 < found.dense_on_null_pies.whole < 0.55


@pytest.mark.parametrize("num_models", [1, 2, 5])
def test_without_a_pie_the_accuracy_on_pies_is_undefined(num_models: int) -> None:
    dense, _ = simulated_pair(np.random.default_rng(0), num_models=num_models)
    ballots = ballots_of((dense, dense))
    for found in (naive_accuracy(ballots, ties="smallest"), left_out_accuracy(ballots, ties="smallest")):
        assert np.isnan(found.dense_on_pies.values).all()
        assert np.isnan(found.compressed_on_pies.values).all()
