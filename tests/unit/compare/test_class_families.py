"""Whether the same classes pay: halves that share no seed, against a transcription; and the slope of recall
distortion."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from lethe.compare.class_families import _halves, agreement
from lethe.compare.common_factor import common_factor, rank_correlations
from lethe.compare.recall_distortion import slopes
from support.near import assert_near


def changes(seed: int, pattern: np.ndarray, noise: float, seeds: int = 6) -> np.ndarray:
    return pattern + np.random.default_rng(seed).normal(0, noise, (seeds, len(pattern)))


@pytest.mark.parametrize("seeds", [2, 3, 4, 6])
def test_halves_are_disjoint_and_each_split_stands_once(seeds: int) -> None:
    halves = _halves(seeds)
    assert all(not set(one) & set(other) and len(one) + len(other) == seeds for one, other in halves)
    assert len({frozenset((one, other)) for one, other in halves}) == len(halves) > 0


def test_agreement_is_the_mean_of_rank_correlations_between_halves() -> None:
    one, other = changes(1, np.arange(8.0), 2), changes(2, np.arange(8.0), 2)
    expected = []
    for a, b in _halves(6):
        for x, y in ((a, b), (b, a)):
            expected.append(spearmanr(one[list(x)].mean(axis=0), other[list(y)].mean(axis=0)).statistic)
    assert_near(agreement(one, other).whole, np.mean(expected))
    halves = _halves(6)
    without = []
    for a, b in halves:
        for x, y in ((a, b), (b, a)):
            left, right = ([k for k in half if k != 3] for half in (x, y))
            without.append(spearmanr(one[left].mean(axis=0), other[right].mean(axis=0)).statistic)
    assert_near(agreement(one, other).without[3], np.mean(without))


def test_the_same_classes_agree_and_a_common_dense_network_alone_does_not() -> None:
    """Mistakes of a seed's dense network are in both methods' changes of that seed: halves do not see them."""
    pattern = np.arange(10.0)
    assert agreement(changes(1, pattern, 0.5), changes(2, pattern, 0.5)).whole > 0.9
    found = []
    for seed in range(60):
        common = np.random.default_rng(seed).normal(0, 1, (6, 10))
        one, other = (common + np.random.default_rng([seed, k]).normal(0, 0.2, (6, 10)) for k in (1, 2))
        found.append(agreement(one, other).whole)
    assert abs(np.mean(found)) < 0.1


def test_too_few_classes_or_seeds_have_no_agreement() -> None:
    assert np.isnan(agreement(changes(1, np.arange(2.0), 1), changes(2, np.arange(2.0), 1)).whole)
    assert np.isnan(agreement(changes(1, np.arange(5.0), 1, seeds=1), changes(2, np.arange(5.0), 1, seeds=1)).whole)


def test_the_slope_is_that_of_a_change_proportional_to_what_was_before() -> None:
    generator = np.random.default_rng(3)
    truth = generator.normal(0, 0.1, 12)
    before = np.tile(truth, (8, 1))
    assert_near(slopes(before, 0.4 * before).whole, 0.4)


def test_chance_errors_of_what_was_before_do_not_make_a_slope() -> None:
    """Nothing changes but chance; the plain regression of the change on the same seed's recall would be near -1/2."""
    generator, found, plain = np.random.default_rng(4), [], []
    for _ in range(200):
        truth = generator.normal(0, 0.02, 10)
        before, after = (truth + generator.normal(0, 0.02, (8, 10)) for _ in range(2))
        found.append(slopes(before, after - before).whole)
        plain.append(np.mean([np.polyfit(x, y, 1)[0] for x, y in zip(before, after - before, strict=True)]))
    assert abs(np.mean(found)) < 0.1 < abs(np.mean(plain))


def test_one_factor_explains_copies_and_nothing_explains_noise() -> None:
    generator = np.random.default_rng(5)
    hard = generator.random(2000)
    copies = np.stack([hard, hard**3, -np.log(1 - hard)], axis=1)
    assert_near(common_factor(copies).share, 1)
    noise = common_factor(generator.random((2000, 5)))
    assert 0.2 <= noise.share < 0.27
    mixed = common_factor(np.stack([hard, hard + 0.1 * generator.random(2000), -hard], axis=1))
    assert mixed.loadings[0] > 0.99 and mixed.loadings[2] < -0.99


def test_constant_and_unknown_measures_take_no_part() -> None:
    generator = np.random.default_rng(6)
    table = generator.random((50, 4))
    table[:, 1], table[3, 2] = 1.0, np.nan
    found = common_factor(table)
    assert np.isnan(found.loadings[[1, 2]]).all() and np.isfinite(found.loadings[[0, 3]]).all()
    correlations = rank_correlations(table)
    assert np.isnan(correlations[1]).all()
    known = np.isfinite(table[:, 2])
    assert_near(correlations[0, 2], spearmanr(table[known, 0], table[known, 2]).statistic)
