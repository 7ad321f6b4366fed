"""Votes are counted as a person would count them, and codes keep what matters of classes."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from lethe.core.errors import EmptyPopulation
from lethe.pies import modal
from lethe.pies.modal import contested, local_codes, vote_counts
from unit.pies.populations import NUM_CLASSES, Pair, pairs, population, quick


@quick
@given(pairs())
def test_counts_are_those_of_a_literal_count(pair: Pair) -> None:
    counts = vote_counts(pair[0].predictions, NUM_CLASSES)
    for example, row in enumerate(pair[0].predictions.T):
        assert counts[example].tolist() == [Counter(row.tolist())[c] for c in range(NUM_CLASSES)]


def test_counting_in_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.random.default_rng(0).integers(0, 5, (7, 101))
    whole = vote_counts(labels, 5)
    monkeypatch.setattr(modal, "_CHUNK", 17)
    assert np.array_equal(vote_counts(labels, 5), whole)


def test_no_model_is_an_error_that_says_so() -> None:
    with pytest.raises(EmptyPopulation, match="0 models given"):
        vote_counts(np.empty((0, 3), np.int64), 2)


@quick
@given(pairs())
def test_codes_stand_for_the_classes_and_keep_their_order(pair: Pair) -> None:
    dense, compressed = pair
    ballots = local_codes(dense.predictions, compressed.predictions, dense.labels)
    rows = np.arange(len(dense.labels))
    assert np.array_equal(ballots.classes[rows, ballots.dense], dense.predictions)
    assert np.array_equal(ballots.classes[rows, ballots.compressed], compressed.predictions)
    assert np.array_equal(ballots.classes[rows, ballots.labels], dense.labels)
    for row in ballots.classes:
        used = row[row >= 0]
        assert (np.diff(used) > 0).all()
        assert (row[len(used) :] == -1).all()


def test_a_thousand_classes_need_no_more_codes_than_votes() -> None:
    votes_given = np.random.default_rng(0).integers(0, 1000, (2, 3, 50))
    assert local_codes(votes_given[0], votes_given[1], votes_given[0, 0]).num_codes <= 7


@quick
@given(pairs())
def test_contested_leaves_out_exactly_the_unanimous(pair: Pair) -> None:
    dense, compressed = pair
    ballots = contested(local_codes(dense.predictions, compressed.predictions, dense.labels))
    both = np.concatenate([dense.predictions, compressed.predictions])
    is_unanimous = np.array([len(set(column)) == 1 for column in both.T.tolist()])
    assert ballots.num_unanimous == is_unanimous.sum()
    assert ballots.unanimous_right == (is_unanimous & (both[0] == dense.labels)).sum()
    assert ballots.num_examples == len(dense.labels)


def test_a_unanimous_population_leaves_nothing_contested() -> None:
    same = population(np.full((3, 4), 1), np.array([1, 1, 0, 2]))
    ballots = contested(local_codes(same.predictions, same.predictions, same.labels))
    assert (ballots.dense.shape[1], ballots.num_unanimous, ballots.unanimous_right) == (0, 4, 2)
