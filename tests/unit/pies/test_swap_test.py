"""The exchange tests: exact against every pattern, of their size without an effect, able to see one."""

import numpy as np
import pytest
from hypothesis import given

from lethe.pies.swap_test import MOST_PATTERNS, independent_p, paired_p, smallest_p
from support.near import assert_near
from unit.pies import literal
from unit.pies.populations import Pair, pairs, quick, simulated_pair


def generator() -> np.random.Generator:
    return np.random.default_rng(0)


@quick
@given(pairs(fewest=2, most=6))
def test_p_is_the_share_of_all_exchanges(pair: Pair) -> None:
    dense, compressed = (p.predictions for p in pair)
    assert_near(paired_p(dense, compressed, generator()), literal.swap_p(dense, compressed))


@quick
@given(pairs(fewest=2, most=4))
def test_p_of_independent_networks_is_the_share_of_all_divisions(pair: Pair) -> None:
    dense, compressed = (p.predictions for p in pair)
    assert_near(independent_p(dense, compressed, generator()), literal.division_p(dense, compressed))


@quick
@given(pairs(fewest=2, most=6))
def test_it_does_not_matter_which_of_the_two_is_compressed(pair: Pair) -> None:
    dense, compressed = (p.predictions for p in pair)
    for test in (paired_p, independent_p):
        assert_near(test(dense, compressed, generator()), test(compressed, dense, generator()))


@pytest.mark.parametrize("num_models", [2, 5, 6, 10])
def test_the_smallest_p_is_reached_by_a_total_change(num_models: int) -> None:
    dense, compressed = np.zeros((2, num_models, 50), np.int64)
    compressed += 1
    assert_near(paired_p(dense, compressed, generator()), smallest_p(num_models, is_paired=True))
    assert_near(independent_p(dense, compressed, generator()), smallest_p(num_models, is_paired=False))


def test_five_networks_can_never_reach_one_in_twenty_and_six_can() -> None:
    assert [smallest_p(count, is_paired=True) for count in (5, 6)] == [2**-4, 2**-5]
    assert np.isnan(smallest_p(1, is_paired=True))


def test_an_unchanged_population_has_p_one() -> None:
    dense, _ = simulated_pair(np.random.default_rng(0), num_models=6)
    assert paired_p(dense.predictions, dense.predictions, generator()) == 1


@pytest.mark.parametrize("count", [18, 20])
def test_beyond_all_patterns_drawn_ones_give_nearly_the_same(count: int) -> None:
    """The first 17 networks decide: the others change nothing, so their signs do not matter."""
    dense, compressed = (p.predictions for p in simulated_pair(np.random.default_rng(2), num_models=17, harm=0.15))
    assert 2 ** (17 - 1) <= MOST_PATTERNS < 2**17
    exact = paired_p(dense, compressed, generator())
    same = np.tile(dense[:1], (count - 17, 1))
    drawn = paired_p(np.concatenate([dense, same]), np.concatenate([compressed, same]), generator())
    assert abs(drawn - exact) < 4 * np.sqrt(exact * (1 - exact) / MOST_PATTERNS) + 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(("test", "seeds"), [(paired_p, 10), (independent_p, 6)])
def test_without_an_effect_one_study_in_twenty_is_called_changed(test: object, seeds: int) -> None:
    """Compressed and dense networks of a seed drawn alike: 800 studies."""
    draws = np.random.default_rng(1)
    found = []
    for _ in range(800):
        share = draws.beta(0.5, 0.5, 60)
        dense, compressed = (draws.random((2, seeds, 60)) < share).astype(np.int64)
        found.append(test(dense, compressed, draws) <= 0.05)
    assert 0.03 <= np.mean(found) <= 0.068  # four standard errors around 0.05, where the test is exact


@pytest.mark.slow
def test_more_seeds_see_more() -> None:
    powers = []
    for num_models in (6, 10, 16):
        found = [
            paired_p(
                *(p.predictions for p in simulated_pair(np.random.default_rng(k), num_models=num_models, harm=0.25)),
                generator(),
            )
            for k in range(100)
        ]
        powers.append(np.mean(np.array(found) <= 0.05))
    assert powers[0] < powers[1] <= powers[2]
    assert powers[2] > 0.8
