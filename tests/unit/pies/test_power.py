"""How small a shift is detected: the normal approximation against simulated studies, and more seeds see more."""

import numpy as np
import pytest

from lethe.pies.power import (
    _FEW,
    POWER,
    _normal_ratio,
    _simulated_ratio,
    detectable_shift,
    null_of_images,
    seeds_needed,
)
from lethe.pies.swap_test import paired_p
from support.near import assert_near


def shares(draws: np.random.Generator, num_images: int) -> np.ndarray:
    """Chances of class 1: most images clear, some contested."""
    return np.where(draws.random(num_images) < 0.7, 0.01, draws.uniform(0.05, 0.6, num_images))


def test_the_null_of_an_image_is_the_share_of_pairs_that_differ() -> None:
    votes = np.array([[0, 0, 1], [0, 1, 1], [0, 2, 1], [0, 1, 2]])
    assert_near(null_of_images(votes), [0, 5 / 6, 3 / 6])
    assert np.isnan(null_of_images(votes[:1])).all()


@pytest.mark.slow
@pytest.mark.parametrize("num_models", [6, 10, 16])
def test_a_shift_of_that_size_is_found_in_four_of_five_studies(num_models: int) -> None:
    draws = np.random.default_rng(0)
    before = shares(draws, 2000)
    contested, after = before > 0.02, before
    for _ in range(5):  # moved images agree less, as their chances come nearer one half
        null = before * (1 - before) + after * (1 - after)
        shift = detectable_shift(null, num_models)
        # Half the squared distance of two classes is the square of the step.
        step = np.sqrt(shift * len(before) / contested.sum())
        after = np.where(contested, before + step, before)
    assert_near(np.mean((after - before) ** 2), shift)
    found = []
    for _ in range(200):
        dense, compressed = ((draws.random((num_models, len(before))) < share).astype(int) for share in (before, after))
        found.append(paired_p(dense, compressed, draws) <= 0.05)
    assert 0.72 < np.mean(found) < 0.9  # the aim is 0.8; three standard errors, and what images add that are few


def test_few_seeds_and_many_are_told_alike_where_they_meet() -> None:
    assert abs(_simulated_ratio(_FEW, POWER) / _normal_ratio(_FEW, POWER) - 1) < 0.05


def test_more_seeds_and_more_images_detect_less() -> None:
    null = np.array([0.0, 0.1, 0.4, 0.5])
    found = [detectable_shift(null, count) for count in range(6, 40)]
    assert (np.diff(found) < 0).all()
    assert_near(detectable_shift(np.tile(null, 4), 10), detectable_shift(null, 10) / 2)
    assert np.isnan(detectable_shift(null, 5))


def test_the_seeds_needed_are_the_fewest_that_detect_it() -> None:
    null = np.full(500, 0.2)
    for shift in (0.002, 0.005, 0.02):
        count = seeds_needed(null, shift)
        assert detectable_shift(null, count) <= shift
        assert count == 6 or detectable_shift(null, count - 1) > shift
    assert seeds_needed(null, 1e-9) is None
