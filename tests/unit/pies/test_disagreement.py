"""Null, cross, excess, shift and spread: against the literal definition, known limits, and simulated coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.pies.disagreement import Disagreement, by_size, disagreement
from lethe.pies.jackknife import CHANGE
from lethe.pies.modal import Ballots, contested, local_codes, modal_labels, modal_of, vote_counts
from lethe.pies.pairs import disjoint_pairs, population_size
from support.near import assert_near
from unit.pies import literal
from unit.pies.populations import NUM_CLASSES, Pair, pairs, quick, simulated_pair

PARTS = ("null", "compressed_null", "cross")


def ballots_of(pair: Pair) -> Ballots:
    return contested(local_codes(pair[0].predictions, pair[1].predictions, pair[0].labels))


def found_in(pair: Pair, size: int | None = None, ties: str = "smallest") -> Disagreement:
    ballots = ballots_of(pair)
    size = size or population_size(ballots.num_models)
    return disagreement(ballots, disjoint_pairs(ballots.num_models, size, np.random.default_rng(0)), ties=ties)


@quick
@given(pairs(fewest=1, most=6), st.sampled_from([1, 2, 3]))
def test_shares_and_replicates_are_the_literal_ones(pair: Pair, size: int) -> None:
    dense, compressed = (p.predictions for p in pair)
    found = found_in(pair, size)
    expected = {"null": (dense, dense), "compressed_null": (compressed, compressed), "cross": (dense, compressed)}
    for name, (one, other) in expected.items():
        literal.agree(getattr(found, name).values, literal.replicates(one, other, size))


@pytest.mark.slow
def test_ten_seeds_are_the_literal_ones_too() -> None:
    dense, compressed = simulated_pair(np.random.default_rng(3), num_models=10, num_examples=12)
    found = found_in((dense, compressed))
    for name, (one, other) in {"null": (dense, dense), "cross": (dense, compressed)}.items():
        expected = literal.replicates(one.predictions, other.predictions, 3)
        literal.agree(getattr(found, name).values, expected)


@quick
@given(pairs(fewest=3, most=7))
def test_excess_is_shift_and_spread(pair: Pair) -> None:
    found = found_in(pair, 1)
    literal.agree(found.excess.values, (found.shift + found.spread).values)
    literal.agree(found.excess.values, found.cross.values - found.null.values)
    literal.agree(found.excess.images, (found.shift + found.spread).images)


@quick
@given(pairs(fewest=2, most=7))
def test_images_average_to_the_share(pair: Pair) -> None:
    ballots, found = ballots_of(pair), found_in(pair, 1)
    for name in (*PARTS, "excess", "shift", "spread"):
        share = getattr(found, name)
        assert_near(share.images.sum() / ballots.num_examples, share.values[0])


@quick
@given(pairs(fewest=2, most=7), st.sampled_from(["smallest", "largest", "exclude"]))
def test_an_unchanged_population_has_neither_shift_nor_spread(pair: Pair, ties: str) -> None:
    found = found_in((pair[0], pair[0]), 1, ties)
    for name in ("excess", "shift", "spread"):
        values = getattr(found, name).values
        assert (np.abs(values[~np.isnan(values)]) < 1e-12).all()


@quick
@given(pairs(fewest=7, most=7), st.sampled_from(["smallest", "largest", "exclude"]))
def test_modal_labels_of_small_populations_are_those_of_their_votes(pair: Pair, ties: str) -> None:
    votes, generator = pair[0].predictions, np.random.default_rng(1)
    for size in (1, 2, 3, 5):
        populations = np.array([generator.permutation(7)[:size] for _ in range(6)])
        found = modal_of(votes, populations, NUM_CLASSES, ties=ties)
        for members, labels in zip(populations, found, strict=True):
            assert labels.tolist() == modal_labels(vote_counts(votes[members], NUM_CLASSES), ties=ties).labels.tolist()


def test_a_hundred_networks_of_a_thousand_classes_do_not_overflow() -> None:
    generator = np.random.default_rng(0)
    votes = generator.integers(0, 1000, (100, 20))
    votes[:60, 0] = 999
    populations = np.array([np.arange(99), np.arange(1, 100)])
    found = modal_of(votes, populations, 1000, ties="smallest")
    expected = [modal_labels(vote_counts(votes[members], 1000)).labels for members in populations]
    assert np.array_equal(found, expected)


def test_coins_against_unanimity_are_a_shift_and_a_loss_of_spread() -> None:
    """Dense votes are fair coins, compressed ones unanimous: half the squared distance is 1/4 of p.(1-p) twice."""
    generator = np.random.default_rng(0)
    dense = generator.integers(0, 2, (10, 4000))
    votes = local_codes(dense, np.zeros_like(dense), np.zeros(4000, np.int64))
    found = disagreement(contested(votes), disjoint_pairs(10, 1, generator), ties="smallest")
    number = votes.num_examples
    assert number == 4000
    # p = (1/2, 1/2), q = (1, 0): |p - q|^2 / 2 = 1/4; null 1/2, compressed null 0, cross 1/2.
    for name, expected in {"null": 0.5, "compressed_null": 0.0, "cross": 0.5, "shift": 0.25, "spread": -0.25}.items():
        assert abs(getattr(found, name).values[0] - expected) < 0.02
    shift = found.shift.jackknifed(contested(votes).num_unanimous).interval(CHANGE)
    assert shift.low > 0
    assert abs(found.excess.values[0]) < 0.02  # which is why the excess alone would not tell


@pytest.mark.parametrize(("num_models", "size"), [(1, 1), (2, 1), (3, 1), (6, 3), (7, 3)])
def test_what_too_few_seeds_leave_undefined(num_models: int, size: int) -> None:
    pair = simulated_pair(np.random.default_rng(0), num_models=num_models)
    null = found_in(pair, size).null.values
    assert np.isfinite(null[0]) == (num_models >= 2 * size)
    assert np.isfinite(null[1:]).all() == (num_models >= 2 * size + 1)


def test_an_excluded_tie_counts_in_neither_part_of_a_share() -> None:
    dense = np.array([[0, 0], [1, 0], [0, 0], [1, 0]])
    ballots = local_codes(dense, dense, np.zeros(2, np.int64))
    pairs_of_two = disjoint_pairs(4, 2, np.random.default_rng(0))
    assert_near(disagreement(ballots, pairs_of_two, ties="exclude").null.values[0], 1 / 3 * 1 / 2)


def test_one_model_has_no_sizes_and_ten_have_five() -> None:
    for count in (1, 10):
        pair = simulated_pair(np.random.default_rng(0), num_models=count)
        halves = disjoint_pairs(count, max(count // 2, 1), np.random.default_rng(0))
        assert len(by_size(ballots_of(pair), halves, ties="smallest").null) == count // 2


def test_populations_of_one_are_alike_in_both_ways_of_counting() -> None:
    pair = simulated_pair(np.random.default_rng(0), num_models=10)
    halves = disjoint_pairs(10, 5, np.random.default_rng(0))
    sizes, found = by_size(ballots_of(pair), halves, ties="smallest"), found_in(pair, 1)
    assert abs(sizes.null[0] - found.null.values[0]) < 0.01
    assert abs(sizes.cross[0] - found.cross.values[0]) < 0.01
