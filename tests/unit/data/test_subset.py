"""Stratified train_size: quotas as exact as integers allow, the same rows for the same generator."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lethe.core.errors import ConfigError
from lethe.core.seeding import study_generator
from lethe.data.subset import divided, largest_remainder, stratified_rows

counts_and_size = st.lists(st.integers(1, 40), min_size=2, max_size=8).flatmap(
    lambda counts: st.tuples(st.just(np.array(counts)), st.integers(1, sum(counts)))
)


def _by_fractions(counts, size):
    """Hamilton's method, literally."""
    shares = [Fraction(int(count) * size, int(counts.sum())) for count in counts]
    seats = [int(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda label: (seats[label] - shares[label], label))
    for label in by_remainder[: size - sum(seats)]:
        seats[label] += 1
    return seats


@given(counts_and_size)
def test_quotas(counts_size):
    counts, size = counts_size
    quotas = largest_remainder(counts, size)
    assert quotas.tolist() == _by_fractions(counts, size)
    assert quotas.sum() == size
    assert (np.abs(quotas - size * counts / counts.sum()) < 1).all()
    assert (quotas <= counts).all()


@given(counts_and_size, st.integers(0, 2**32))
def test_rows(counts_size, seed):
    counts, size = counts_size
    quotas = largest_remainder(counts, size)
    assume(quotas.all())
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    rows = stratified_rows(labels, size, study_generator(seed, "train_size"))
    np.testing.assert_array_equal(np.bincount(labels[rows], minlength=len(counts)), quotas)
    assert (np.diff(rows) > 0).all()
    again = stratified_rows(labels, size, study_generator(seed, "train_size"))
    np.testing.assert_array_equal(rows, again)


@pytest.mark.slow
def test_every_example_is_equally_likely_and_seeds_differ():
    labels = np.repeat([0, 1], [30, 10])
    drawn = [stratified_rows(labels, 8, study_generator(seed, "train_size")) for seed in range(2000)]
    hits = np.bincount(np.concatenate(drawn), minlength=40) / len(drawn)
    # Each is kept with probability 1/5; 2000 draws have a standard error of 0.009.
    assert np.abs(hits - 0.2).max() < 0.045
    assert not np.array_equal(drawn[0], drawn[1])


def test_whole_split_is_every_row():
    labels = np.array([0, 1, 1, 2, 0])
    np.testing.assert_array_equal(stratified_rows(labels, 5, study_generator(0, "train_size")), np.arange(5))


@pytest.mark.parametrize(("size", "message"), [(7, "there are 6"), (2, "leaves 1 of 3 classes"), (1, "leaves 2 of 3")])
def test_sizes_that_do_not_fit(size, message):
    with pytest.raises(ConfigError, match=rf"dataset.train_size: {size} given.*{message}"):
        stratified_rows(np.array([0, 0, 1, 1, 2, 2]), size, study_generator(0, "train_size"))


LABELS = np.random.default_rng(5).permutation(np.repeat([0, 1, 2], [20, 30, 50]))


@pytest.mark.parametrize("train_size", [None, 40])
@pytest.mark.parametrize("validation_size", [None, 10, 20])
def test_no_image_is_in_both_parts_and_both_are_stratified(train_size: int | None, validation_size: int | None) -> None:
    parts = divided(LABELS, train_size=train_size, validation_size=validation_size, study_seed=3)
    assert not set(parts.train) & set(parts.validation)
    assert len(parts.validation) == (validation_size or 0)
    assert len(parts.train) == (train_size or 100 - (validation_size or 0))
    for part in (parts.train, parts.validation):
        assert (np.diff(part) > 0).all()
        assert (np.bincount(LABELS[part], minlength=3) == np.array([2, 3, 5]) * len(part) / 10).all()


def test_what_is_trained_on_does_not_depend_on_how_much_is_set_aside() -> None:
    trained = [divided(LABELS, train_size=40, validation_size=size, study_seed=3).train for size in (None, 10, 60)]
    assert all(np.array_equal(trained[0], one) for one in trained)
    drawn = [divided(LABELS, train_size=None, validation_size=10, study_seed=seed).validation for seed in (3, 4)]
    assert not np.array_equal(*drawn)


@pytest.mark.parametrize(
    ("train_size", "validation_size", "message"),
    [
        (None, 101, "but 100 of 100 training examples are not trained on; lower it"),
        (40, 61, "but 60 of 100 training examples are not trained on; lower it"),
        (None, 2, "which leaves 1 of 3 classes without a validation example; raise it"),
        (None, 100, "which leaves 3 of 3 classes without a training example; lower it"),
        (100, 1, "but 0 of 100 training examples are not trained on; lower it"),
    ],
)
def test_parts_that_do_not_fit(train_size: int | None, validation_size: int, message: str) -> None:
    with pytest.raises(ConfigError, match=f"dataset.validation_size: {validation_size} given, {message}"):
        divided(LABELS, train_size=train_size, validation_size=validation_size, study_seed=0)
