"""Modal labels under every tie rule, for the whole population, without each model, and by size."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lethe.core.errors import EmptyPopulation
from lethe.pies.modal import EXCLUDED, modal_by_size, modal_labels, modal_variants, vote_counts
from support.near import assert_near
from unit.pies.populations import NUM_CLASSES, Pair, pairs, quick

ALL_TIES = st.sampled_from(["smallest", "largest", "exclude"])


def literal_mode(votes: list[int], ties: str) -> int:
    """The definition, word for word."""
    found = Counter(votes)
    most = max(found.values())
    tied = [label for label, count in found.items() if count == most]
    if ties == "exclude":
        return tied[0] if len(tied) == 1 else EXCLUDED
    return min(tied) if ties == "smallest" else max(tied)


@quick
@given(pairs(), ALL_TIES)
def test_modal_labels_follow_the_definition(pair: Pair, ties: str) -> None:
    predictions = pair[0].predictions
    modal = modal_labels(vote_counts(predictions, NUM_CLASSES), ties=ties)
    columns = predictions.T.tolist()
    assert modal.labels.tolist() == [literal_mode(votes, ties) for votes in columns]
    assert modal.tied.tolist() == [literal_mode(votes, "exclude") == EXCLUDED for votes in columns]
    assert_near(modal.agreement, [max(Counter(votes).values()) / len(votes) for votes in columns])


@quick
@given(pairs())
def test_smallest_is_the_mode_of_scipy(pair: Pair) -> None:
    modal = modal_labels(vote_counts(pair[0].predictions, NUM_CLASSES))
    assert np.array_equal(modal.labels, stats.mode(pair[0].predictions, axis=0).mode)


@quick
@given(pairs(), ALL_TIES, st.randoms(use_true_random=False))
def test_the_order_of_models_does_not_matter(pair: Pair, ties: str, random: object) -> None:
    order = list(range(len(pair[0].seeds)))
    random.shuffle(order)
    one, other = (
        modal_labels(vote_counts(p, NUM_CLASSES), ties=ties) for p in (pair[0].predictions, pair[0].predictions[order])
    )
    assert np.array_equal(one.labels, other.labels)


def test_an_example_without_a_vote_is_an_error() -> None:
    with pytest.raises(EmptyPopulation, match="no vote"):
        modal_labels(np.array([[1, 0], [0, 0]]))


@quick
@given(pairs(fewest=2), ALL_TIES, st.data())
def test_variants_are_what_counting_again_gives(pair: Pair, ties: str, data: st.DataObject) -> None:
    predictions = pair[0].predictions
    models = range(len(predictions))
    members = data.draw(st.lists(st.sampled_from(models), min_size=2, unique=True))
    variants = modal_variants(predictions, np.array(members), NUM_CLASSES, ties=ties)
    for row, absent in enumerate([None, *models]):
        kept = [k for k in members if k != absent]
        expected = modal_labels(vote_counts(predictions[kept], NUM_CLASSES), ties=ties).labels
        assert np.array_equal(variants[row], expected)


@quick
@given(pairs(), ALL_TIES)
def test_by_size_is_what_counting_again_gives(pair: Pair, ties: str) -> None:
    predictions = pair[0].predictions
    members = np.arange(len(predictions))[::-1].copy()
    modal = modal_by_size(predictions, members, NUM_CLASSES, ties=ties)
    for size in range(1, len(members) + 1):
        expected = modal_labels(vote_counts(predictions[members[:size]], NUM_CLASSES), ties=ties).labels
        assert np.array_equal(modal[size - 1], expected)
