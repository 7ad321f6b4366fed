"""Halves are disjoint, of equal size, complete where few, and balanced where random."""

from math import comb

import numpy as np
import pytest

from lethe.pies.halves import MOST_SPLITS, split_in_halves


@pytest.mark.parametrize("num_models", range(2, 16))
def test_halves_are_disjoint_and_of_equal_size(num_models: int) -> None:
    halves = split_in_halves(num_models, np.random.default_rng(0))
    for first, second in halves:
        members = [*first, *second]
        assert len(first) == len(second) == num_models // 2
        assert len(set(members)) == len(members)
        assert set(members) <= set(range(num_models))


@pytest.mark.parametrize("num_models", range(2, 11))
def test_few_splits_are_all_of_them_once(num_models: int) -> None:
    count = comb(num_models, 2 * (num_models // 2)) * comb(2 * (num_models // 2), num_models // 2) // 2
    halves = split_in_halves(num_models, np.random.default_rng(0), most=1000)
    assert len(halves) == count
    assert len({frozenset([frozenset(a), frozenset(b)]) for a, b in halves}) == count


@pytest.mark.parametrize("num_models", [11, 12, 13, 30])
def test_random_splits_leave_seeds_out_about_equally_often(num_models: int) -> None:
    halves = split_in_halves(num_models, np.random.default_rng(0))
    assert len(halves) == MOST_SPLITS
    used = np.bincount(np.concatenate([halves.first, halves.second]).ravel(), minlength=num_models)
    assert np.ptp(used) <= (num_models % 2)


def test_the_generator_decides() -> None:
    one, same, other = (split_in_halves(12, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(one.first, same.first)
    assert not np.array_equal(one.first, other.first)


def test_the_first_of_a_half_is_any_seed() -> None:
    halves = split_in_halves(10, np.random.default_rng(0))
    assert len(set(halves.first[:, 0])) > 5


def test_one_model_has_no_halves() -> None:
    assert len(split_in_halves(1, np.random.default_rng(0))) == 0
