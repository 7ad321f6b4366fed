"""Populations share no seed, are complete where few and balanced where drawn; sizes are odd and fit."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from lethe.core.errors import PopulationError
from lethe.pies.pairs import DRAWN_PAIRS, MOST_PAIRS, disjoint_pairs, population_size


def as_sets(pairs: object) -> list[frozenset[frozenset[int]]]:
    return [frozenset([frozenset(a), frozenset(b)]) for a, b in zip(pairs.first, pairs.second, strict=True)]


@pytest.mark.parametrize(("num_models", "size"), [(2, 1), (3, 1), (7, 3), (9, 3), (10, 3), (10, 5), (11, 5), (30, 3)])
def test_pairs_are_disjoint_and_of_their_size(num_models: int, size: int) -> None:
    pairs = disjoint_pairs(num_models, size, np.random.default_rng(0))
    assert len(pairs) > 0
    for first, second in zip(pairs.first, pairs.second, strict=True):
        members = [*first, *second]
        assert len(first) == len(second) == size == len(members) / 2
        assert len(set(members)) == len(members)
        assert set(members) <= set(range(num_models))


@pytest.mark.parametrize(("num_models", "size"), [(2, 1), (10, 1), (6, 2), (7, 3), (10, 3), (10, 5)])
def test_few_pairs_are_all_of_them_once(num_models: int, size: int) -> None:
    count = comb(num_models, size) * comb(num_models - size, size) // 2
    pairs = disjoint_pairs(num_models, size, np.random.default_rng(0))
    assert len(pairs) == len(set(as_sets(pairs))) == count <= MOST_PAIRS


def test_ten_seeds_have_2100_pairs_of_three() -> None:
    assert len(disjoint_pairs(10, 3, np.random.default_rng(0))) == 2100


@pytest.mark.parametrize(("num_models", "size"), [(11, 3), (13, 6), (30, 3), (30, 5)])
def test_drawn_pairs_use_every_seed_about_equally_often(num_models: int, size: int) -> None:
    pairs = disjoint_pairs(num_models, size, np.random.default_rng(0))
    assert len(pairs) == DRAWN_PAIRS
    used = pairs.members.sum(axis=0)
    expected = DRAWN_PAIRS * 2 * size / num_models
    assert np.abs(used - expected).max() < 4 * np.sqrt(expected)
    if num_models % (2 * size) == 0:
        assert np.ptp(used) == 0


def test_without_a_seed_the_pairs_are_left_in_which_it_does_not_stand() -> None:
    pairs = disjoint_pairs(7, 3, np.random.default_rng(0))
    assert pairs.kept[0].all()
    for seed in range(7):
        expected = [seed not in (*a, *b) for a, b in zip(pairs.first, pairs.second, strict=True)]
        assert pairs.kept[1 + seed].tolist() == expected
        assert sum(expected) == comb(6, 3) // 2


def test_the_generator_decides_and_the_first_of_a_population_is_any_seed() -> None:
    one, same, other = (disjoint_pairs(30, 3, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(one.first, same.first)
    assert not np.array_equal(one.first, other.first)
    assert len(set(disjoint_pairs(10, 5, np.random.default_rng(0)).first[:, 0])) > 5


@pytest.mark.parametrize(("num_models", "size"), [(1, 1), (5, 3)])
def test_too_few_seeds_have_no_pair(num_models: int, size: int) -> None:
    pairs = disjoint_pairs(num_models, size, np.random.default_rng(0))
    assert len(pairs) == 0
    assert pairs.kept.shape == (num_models + 1, 0)


def test_the_usual_size_is_three_of_ten_seeds_else_one() -> None:
    assert [population_size(count) for count in (2, 5, 9, 10, 30)] == [1, 1, 1, 3, 3]


@pytest.mark.parametrize("num_models", [2, 3, 6, 7, 10, 11])
def test_a_size_is_odd_and_leaves_two_populations_without_any_seed(num_models: int) -> None:
    fitting = [m for m in range(1, num_models) if m % 2 and all(len(s) >= 2 * m for s in left_over(num_models))]
    for asked in range(-1, num_models + 2):
        if asked in fitting:
            assert population_size(num_models, asked) == asked
        else:
            with pytest.raises(PopulationError, match=f"populations of {asked} networks asked for with {num_models}"):
                population_size(num_models, asked)


def left_over(num_models: int) -> list[tuple[int, ...]]:
    return list(combinations(range(num_models), num_models - 1))
