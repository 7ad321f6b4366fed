"""Jackknife intervals: the formula, the limits, and that they cover what they should."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from lethe.pies.halves import split_in_halves
from lethe.pies.jackknife import CHANGE, REAL, SHARE, difference, interval, jackknife, mean_variants
from lethe.pies.null import cross_half
from lethe.pies.shares import modal_shares, single_shares, taxicab_share
from lethe.pies.votes import contested, local_codes, vote_counts
from unit.pies.populations import Pair, simulated_pair, simulated_regimes


def test_the_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(0).normal(size=9)
    found = interval(mean_variants(values))
    low, high = stats.t.interval(0.95, 8, loc=values.mean(), scale=stats.sem(values))
    assert np.allclose([found.estimate, found.low, found.high], [values.mean(), low, high])


def test_any_statistic_gives_what_its_variants_give() -> None:
    values = np.random.default_rng(0).normal(size=6)
    assert jackknife(lambda kept: values[kept].mean(), 6) == pytest.approx(interval(mean_variants(values)))


def test_an_interval_is_clipped_to_its_range() -> None:
    found = interval(mean_variants(np.array([0.0, 0.0, 1.0])), bounds=SHARE)
    assert (found.low, found.high) == (0.0, 1.0)
    assert interval(mean_variants(np.array([-1.0, 1.0, -1.0])), bounds=CHANGE).low == -1.0


@pytest.mark.parametrize("variants", [[0.5, 0.4], [0.5, 0.4, 0.6], [0.5, 0.4, 0.6, np.nan], [np.nan] * 5])
def test_without_enough_seeds_there_is_no_interval(variants: list[float]) -> None:
    found = interval(np.array(variants))
    assert np.isnan([found.low, found.high]).all()
    assert np.array_equal(found.estimate, variants[0], equal_nan=True)


def test_vectorised_shares_are_those_of_deleting_seeds() -> None:
    dense, compressed = simulated_pair(np.random.default_rng(3), num_models=5, num_examples=80)

    def shares(kept: np.ndarray) -> dict[str, np.ndarray]:
        ballots = local_codes(dense.predictions[kept], compressed.predictions[kept], dense.labels)
        surplus = vote_counts(ballots.dense, ballots.num_codes) - vote_counts(ballots.compressed, ballots.num_codes)
        return {**modal_shares(ballots, ties="exclude"), "taxicab_share": taxicab_share(ballots, surplus)}

    reduced = contested(local_codes(dense.predictions, compressed.predictions, dense.labels))
    surplus = vote_counts(reduced.dense, reduced.num_codes) - vote_counts(reduced.compressed, reduced.num_codes)
    variants = {**modal_shares(reduced, ties="exclude"), "taxicab_share": taxicab_share(reduced, surplus)}
    for name, values in variants.items():
        slow = jackknife(lambda kept, name=name: shares(kept)[name][0], 5)
        assert interval(values) == pytest.approx(slow), name


def _pie_share(pair: Pair) -> np.ndarray:
    ballots = contested(local_codes(pair[0].predictions, pair[1].predictions, pair[0].labels))
    return modal_shares(ballots, ties="smallest")["pie_share"]


def _excess(pair: Pair) -> np.ndarray:
    ballots = contested(local_codes(pair[0].predictions, pair[1].predictions, pair[0].labels))
    halves = split_in_halves(ballots.num_models, np.random.default_rng(0), most=12)
    return cross_half(ballots, halves, ties="smallest").excess


def _accuracy_change(pair: Pair) -> np.ndarray:
    return single_shares(*pair)["accuracy_change"]


def covered(statistic: Callable, *, paired: bool, draws: int) -> tuple[float, float]:
    """Share of intervals that hold the expectation, and their median width over the width of the true spread."""
    generator = np.random.default_rng(11)
    variants = np.array([statistic(simulated_pair(generator, paired=paired)) for _ in range(draws)])
    truth, spread = variants[:, 0].mean(), variants[:, 0].std(ddof=1)
    intervals = [interval(row) for row in variants]
    share = np.mean([found.low <= truth <= found.high for found in intervals])
    width = np.median([found.high - found.low for found in intervals])
    return float(share), float(width / (2 * stats.t.ppf(0.975, 9) * spread))


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(("statistic", "draws"), [(_pie_share, 40), (_excess, 20), (_accuracy_change, 80)])
def test_intervals_cover_in_simulation(statistic: Callable, draws: int, paired: bool) -> None:
    """Ten seeds, nominal 95 %; a jackknife of modal votes is wide, but not so wide that it says nothing."""
    share, width = covered(statistic, paired=paired, draws=draws)
    assert share >= 0.90
    assert width < 2.5


@pytest.mark.slow
@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(("statistic", "draws"), [(_pie_share, 1000), (_excess, 300), (_accuracy_change, 1000)])
def test_intervals_cover_in_a_longer_simulation(statistic: Callable, draws: int, paired: bool) -> None:
    share, width = covered(statistic, paired=paired, draws=draws)
    assert share >= 0.93
    assert width < 2.5


def test_a_difference_of_means_is_students_paired_or_welchs() -> None:
    generator = np.random.default_rng(4)
    one, other, fewer = (generator.normal(0, size, count) for size, count in ((1, 9), (2, 9), (3, 5)))
    paired = difference(mean_variants(one), mean_variants(other), has_same_seeds=True, bounds=REAL)
    expected = stats.ttest_rel(one, other).confidence_interval(0.95)
    assert np.allclose([paired.estimate, paired.low, paired.high], [one.mean() - other.mean(), *expected])
    welch = difference(mean_variants(one), mean_variants(fewer), has_same_seeds=False, bounds=REAL)
    expected = stats.ttest_ind(one, fewer, equal_var=False).confidence_interval(0.95)
    assert np.allclose([welch.estimate, welch.low, welch.high], [one.mean() - fewer.mean(), *expected])


def test_a_population_does_not_differ_from_itself_and_the_order_of_seeds_does_not_matter() -> None:
    one, other = (_pie_share(pair) for pair in simulated_regimes(np.random.default_rng(0)))
    same = difference(one, one, has_same_seeds=True)
    assert (same.estimate, same.low, same.high) == (0, 0, 0)
    found = difference(one, other, has_same_seeds=True)
    order = np.append(0, 1 + np.random.default_rng(1).permutation(len(one) - 1))
    assert difference(one[order], other[order], has_same_seeds=True) == pytest.approx(found)
    back = difference(other, one, has_same_seeds=True)
    assert (-back.estimate, -back.high, -back.low) == pytest.approx((found.estimate, found.low, found.high))


@pytest.mark.parametrize("has_same_seeds", [True, False])
def test_a_difference_has_no_interval_where_one_side_has_none(has_same_seeds: bool) -> None:
    whole, gap = np.full(5, 0.25), np.array([0.5, 0.5, np.nan, 0.5, 0.5])
    for one, other in ((whole, gap), (gap, whole), (whole[:3], whole[:3])):
        found = difference(one, other, has_same_seeds=has_same_seeds)
        assert found.estimate == one[0] - other[0]
        assert np.isnan([found.low, found.high]).all()
    steady = difference(whole, whole, has_same_seeds=has_same_seeds)
    assert (steady.low, steady.high) == (0, 0)


def difference_covered(statistic: Callable, *, has_same_seeds: bool, draws: int) -> tuple[float, float]:
    """As `covered`, for two regimes: of the same ten seeds, or of ten and of six others."""
    generator = np.random.default_rng(12)
    found = []
    for _ in range(draws):
        one, other = simulated_regimes(generator)
        if not has_same_seeds:
            other = simulated_regimes(generator, num_models=6)[1]
        found.append((statistic(one), statistic(other)))
    estimates = np.array([one[0] - other[0] for one, other in found])
    intervals = [difference(*pair, has_same_seeds=has_same_seeds) for pair in found]
    share = np.mean([i.low <= estimates.mean() <= i.high for i in intervals])
    width = np.median([i.high - i.low for i in intervals])
    return float(share), float(width / (2 * stats.t.ppf(0.975, 9) * estimates.std(ddof=1)))


@pytest.mark.parametrize("has_same_seeds", [True, False])
@pytest.mark.parametrize(("statistic", "draws"), [(_pie_share, 40), pytest.param(_excess, 300, marks=pytest.mark.slow)])
def test_intervals_of_differences_cover_in_simulation(statistic: Callable, draws: int, has_same_seeds: bool) -> None:
    share, width = difference_covered(statistic, has_same_seeds=has_same_seeds, draws=draws)
    assert share >= 0.90
    assert width < 2.5
