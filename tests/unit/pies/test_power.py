"""How small a shift is detected: the normal approximation against simulated studies, and more seeds see more."""

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest

from lethe.pies.power import (
    _FEW,
    POWER,
    _normal_ratio,
    _simulated_ratio,
    detectable_shift,
    seeds_needed,
    variance_after,
    variance_before,
    variance_of_guess,
)
from lethe.pies.swap_test import paired_p
from support.near import assert_near

Draw = Callable[[np.ndarray, int], np.ndarray]


def shares(draws: np.random.Generator, num_images: int) -> np.ndarray:
    """Chances of class 1: most images clear, some contested."""
    return np.where(draws.random(num_images) < 0.7, 0.01, draws.uniform(0.05, 0.6, num_images))


def one_hot(votes: np.ndarray) -> np.ndarray:
    """Networks by (image, class)."""
    return np.eye(votes.max() + 1)[votes].reshape(len(votes), -1)


def literal_variance(rows: np.ndarray) -> np.floating:
    """Mean over all ordered quadruples of networks, one by one."""
    found = [((rows[i] - rows[j]) @ (rows[k] - rows[m])) ** 2 for i, j, k, m in permutations(range(len(rows)), 4)]
    return np.mean(found)


def test_the_variance_is_the_mean_over_all_quadruples() -> None:
    draws = np.random.default_rng(0)
    dense, compressed = draws.integers(0, 3, (2, 6, 20))
    assert_near(variance_before(dense), literal_variance(one_hot(dense)))
    every = one_hot(np.concatenate([dense, compressed]))
    assert_near(variance_after(dense, compressed), literal_variance(every[:6] - every[6:]) / 4)
    assert np.isnan(variance_before(dense[:3])) and np.isnan(variance_after(dense[:3], compressed[:3]))


def test_for_images_that_vary_by_themselves_it_is_that_of_the_guess() -> None:
    draws = np.random.default_rng(1)
    chance = shares(draws, 500)
    votes = (draws.random((40, 500)) < chance).astype(int)
    null = 2 * chance * (1 - chance)
    assert 0.9 < variance_before(votes) / variance_of_guess(null) < 1.1
    copies = np.where(draws.random(votes.shape) < 0.5, votes, (draws.random((40, 500)) < chance).astype(int))
    # Networks that keep half of their own noise differ from the dense ones half as much.
    assert 0.2 < variance_after(votes, copies) / variance_of_guess(null) < 0.3


def alone(chance: np.ndarray, num_models: int, draws: np.random.Generator) -> np.ndarray:
    return (draws.random((num_models, len(chance))) < chance).astype(int)


def together(chance: np.ndarray, num_models: int, draws: np.random.Generator) -> np.ndarray:
    """Every network leans to one side or the other on all contested images of its kind."""
    side = np.where(np.arange(len(chance)) % 2, 1, -1)
    lean = 0.2 * side * draws.choice([-1, 1], (num_models, 1)) * (chance > 0.02)
    return (draws.random((num_models, len(chance))) < np.clip(chance + lean, 0, 1)).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("num_models", [6, 10, pytest.param(16, marks=pytest.mark.long)])
@pytest.mark.parametrize("draw", [alone, together])
def test_a_shift_of_that_size_is_found_in_four_of_five_studies(num_models: int, draw: Draw) -> None:
    """Also where networks err on images together, as long as labels do not move along with it."""
    draws = np.random.default_rng(0)
    before = np.where(draws.random(2000) < 0.7, 0.01, draws.uniform(0.25, 0.5, 2000))
    contested, after = before > 0.02, before
    for _ in range(5):  # the networks' variance changes with the shift
        many = draw(before, 40, draws), draw(after, 40, draws)
        shift = detectable_shift(variance_after(*many), len(before), num_models)
        step = np.sqrt(shift * len(before) / contested.sum())
        after = np.where(contested, before + step, before)
    # Half the squared distance of the distributions (a, 1 - a) and (b, 1 - b) is (a - b)^2: one image of one contested.
    assert contested.any() and 0 < step < 0.3  # no chance is cut off: at most 0.5 + 0.2 + step
    found = []
    for _ in range(200):
        dense, compressed = (draw(chance, num_models, draws) for chance in (before, after))
        found.append(paired_p(dense, compressed, draws) <= 0.05)
    assert 0.72 < np.mean(found) < 0.9  # the aim is 0.8; three standard errors, and what images add that are few


def test_few_seeds_and_many_are_told_alike_where_they_meet() -> None:
    assert abs(_simulated_ratio(_FEW, POWER) / _normal_ratio(_FEW, POWER) - 1) < 0.05


def test_more_seeds_and_more_images_detect_less() -> None:
    found = [detectable_shift(50.0, 200, count) for count in range(6, 40)]
    assert (np.diff(found) < 0).all()
    assert_near(detectable_shift(4 * 50.0, 4 * 200, 10), detectable_shift(50.0, 200, 10) / 2)
    assert np.isnan(detectable_shift(50.0, 200, 5)) and np.isnan(detectable_shift(0.0, 200, 10))


def test_the_seeds_needed_are_the_fewest_that_detect_it() -> None:
    for shift in (0.002, 0.005, 0.02):
        count = seeds_needed(80.0, 500, shift)
        assert count is not None and detectable_shift(80.0, 500, count) <= shift
        assert count == 6 or detectable_shift(80.0, 500, count - 1) > shift
    assert seeds_needed(80.0, 500, 1e-9) is None
