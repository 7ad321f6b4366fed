"""Jackknife intervals: the formula, the limits, and that they cover what they should."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from lethe.pies.disagreement import Disagreement, disagreement
from lethe.pies.jackknife import CHANGE, REAL, SHARE, Interval, Jackknifed, kept_variants, with_ends
from lethe.pies.modal import Ballots, contested, local_codes
from lethe.pies.pairs import disjoint_pairs, population_size
from lethe.pies.summary import Compared, modal_shares, single_shares, taxicab_share
from support.near import assert_near
from unit.pies.populations import Pair, simulated_pair, simulated_regimes


def slow(statistic: Callable[[np.ndarray], float], num_models: int) -> Jackknifed:
    """A statistic of the models that are kept, computed again without each."""
    return Jackknifed(np.array([float(statistic(row)) for row in kept_variants(num_models, np.arange(num_models))]))


def plain(found: Interval) -> tuple[float, float, float]:
    return found.estimate, found.low, found.high


def test_the_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(0).normal(size=9)
    found = Jackknifed.mean_of(values).interval()
    low, high = stats.t.interval(0.95, 8, loc=values.mean(), scale=stats.sem(values))
    assert_near([found.estimate, found.low, found.high], [values.mean(), low, high])


def test_any_statistic_gives_what_its_variants_give() -> None:
    values = np.random.default_rng(0).normal(size=6)
    found = slow(lambda kept: values[kept].mean(), 6)
    assert_near(found.values, Jackknifed.mean_of(values).values)


def test_an_interval_is_clipped_to_its_range() -> None:
    found = Jackknifed.mean_of(np.array([0.0, 0.0, 1.0])).interval(SHARE)
    assert (found.low, found.high) == (0.0, 1.0)
    assert Jackknifed.mean_of(np.array([-1.0, 1.0, -1.0])).interval(CHANGE).low == -1.0


def test_an_interval_gives_its_three_columns_and_refuses_ends_that_do_not_hold_it() -> None:
    assert Interval(0.2, 0.1, 0.4).columns("share") == {"share": 0.2, "share_low": 0.1, "share_high": 0.4}
    assert list(Interval(0.2, np.nan, np.nan).columns("a")) == with_ends("a")
    with pytest.raises(AssertionError):
        Interval(0.2, 0.3, 0.4)


def test_a_statistic_is_at_least_that_of_the_whole_population() -> None:
    assert np.isnan(Jackknifed.mean_of(np.empty(0)).whole)
    with pytest.raises(AssertionError):
        Jackknifed(np.empty(0))


@pytest.mark.parametrize("variants", [[0.5, 0.4], [0.5, 0.4, 0.6], [0.5, 0.4, 0.6, np.nan], [np.nan] * 5])
def test_without_enough_seeds_there_is_no_interval(variants: list[float]) -> None:
    found = Jackknifed(np.array(variants)).interval()
    assert np.isnan([found.low, found.high]).all()
    assert np.array_equal(found.estimate, variants[0], equal_nan=True)


def test_vectorised_shares_are_those_of_deleting_seeds() -> None:
    dense, compressed = simulated_pair(np.random.default_rng(3), num_models=5, num_examples=80)

    def shares(ballots: Ballots) -> dict[str, Jackknifed]:
        return {**modal_shares(ballots, ties="exclude"), "taxicab_share": taxicab_share(ballots)}

    def without(kept: np.ndarray, name: str) -> float:
        return shares(local_codes(dense.predictions[kept], compressed.predictions[kept], dense.labels))[name].whole

    reduced = contested(local_codes(dense.predictions, compressed.predictions, dense.labels))
    for name, found in shares(reduced).items():
        expected = slow(lambda kept, name=name: without(kept, name), 5)
        assert_near(found.values, expected.values, about=name)


def _pie_share(pair: Pair) -> Jackknifed:
    ballots = contested(local_codes(pair[0].predictions, pair[1].predictions, pair[0].labels))
    return modal_shares(ballots, ties="smallest")["pie_share"]


def _disagreement(pair: Pair) -> Disagreement:
    ballots = contested(local_codes(pair[0].predictions, pair[1].predictions, pair[0].labels))
    size = population_size(ballots.num_models)
    pairs = disjoint_pairs(ballots.num_models, size, np.random.default_rng(0), most=400, drawn=300)
    return disagreement(ballots, pairs, ties="smallest")


def _excess(pair: Pair) -> Jackknifed:
    return Jackknifed(_disagreement(pair).excess.values)


def _shift(pair: Pair) -> Jackknifed:
    return Jackknifed(_disagreement(pair).shift.values)


def _accuracy_change(pair: Pair) -> Jackknifed:
    return single_shares(Compared(*pair, reference=pair[0], is_paired=True))["accuracy_change"]


def covered(statistic: Callable, *, paired: bool, draws: int) -> tuple[float, float]:
    """Share of intervals that hold the expectation, and their median width over the width of the true spread."""
    generator = np.random.default_rng(11)
    statistics = [statistic(simulated_pair(generator, paired=paired)) for _ in range(draws)]
    wholes = np.array([found.whole for found in statistics])
    truth, spread = wholes.mean(), wholes.std(ddof=1)
    intervals = [found.interval() for found in statistics]
    share = np.mean([found.low <= truth <= found.high for found in intervals])
    width = np.median([found.high - found.low for found in intervals])
    return float(share), float(width / (2 * stats.t.ppf(0.975, 9) * spread))


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(
    ("statistic", "draws"),
    [
        (_pie_share, 40),
        pytest.param(_excess, 40, marks=pytest.mark.slow),
        pytest.param(_shift, 40, marks=pytest.mark.slow),
        (_accuracy_change, 80),
    ],
)
def test_intervals_cover_in_simulation(statistic: Callable, draws: int, paired: bool) -> None:
    """Ten seeds, nominal 95 %; a jackknife of modal votes is wide, but not so wide that it says nothing."""
    share, width = covered(statistic, paired=paired, draws=draws)
    assert share >= 0.90
    assert width < 2.5


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize(
    ("statistic", "draws"), [(_pie_share, 1000), (_excess, 500), (_shift, 500), (_accuracy_change, 1000)]
)
def test_intervals_cover_in_a_longer_simulation(statistic: Callable, draws: int, paired: bool) -> None:
    share, width = covered(statistic, paired=paired, draws=draws)
    assert share >= 0.93
    assert width < 2.5


def test_a_difference_of_means_is_students_paired_or_welchs() -> None:
    generator = np.random.default_rng(4)
    one, other, fewer = (generator.normal(0, size, count) for size, count in ((1, 9), (2, 9), (3, 5)))
    mean = Jackknifed.mean_of(one)
    paired = mean.difference(Jackknifed.mean_of(other), has_same_seeds=True, bounds=REAL)
    expected = stats.ttest_rel(one, other).confidence_interval(0.95)
    assert_near([paired.estimate, paired.low, paired.high], [one.mean() - other.mean(), *expected])
    welch = mean.difference(Jackknifed.mean_of(fewer), has_same_seeds=False, bounds=REAL)
    expected = stats.ttest_ind(one, fewer, equal_var=False).confidence_interval(0.95)
    assert_near([welch.estimate, welch.low, welch.high], [one.mean() - fewer.mean(), *expected])


def test_a_population_does_not_differ_from_itself_and_the_order_of_seeds_does_not_matter() -> None:
    one, other = (_pie_share(pair) for pair in simulated_regimes(np.random.default_rng(0)))
    assert np.array_equal(plain(one.difference(one, has_same_seeds=True)), (0, np.nan, np.nan), equal_nan=True)
    found = one.difference(other, has_same_seeds=True)
    order = np.append(0, 1 + np.random.default_rng(1).permutation(len(one.without)))
    shuffled = [Jackknifed(both.values[order]) for both in (one, other)]
    assert_near(plain(shuffled[0].difference(shuffled[1], has_same_seeds=True)), plain(found))
    back = other.difference(one, has_same_seeds=True)
    assert_near((-back.estimate, -back.high, -back.low), plain(found))


@pytest.mark.parametrize("has_same_seeds", [True, False])
def test_a_difference_has_no_interval_where_one_side_has_none(has_same_seeds: bool) -> None:
    whole, gap = Jackknifed(np.full(5, 0.25)), Jackknifed(np.array([0.5, 0.5, np.nan, 0.5, 0.5]))
    few = Jackknifed(np.full(3, 0.25))
    for one, other in ((whole, gap), (gap, whole), (few, few)):
        found = one.difference(other, has_same_seeds=has_same_seeds)
        assert found.estimate == one.whole - other.whole
        assert np.isnan([found.low, found.high]).all()
    steady = whole.difference(whole, has_same_seeds=has_same_seeds)
    assert np.isnan([steady.low, steady.high]).all()


def test_where_no_seed_moves_a_statistic_there_is_no_interval() -> None:
    """Zero PIEs of ten seeds are no proof that there never is one."""
    found = Jackknifed(np.zeros(11), image_variance=0.1).interval(SHARE)
    assert np.isnan([found.low, found.high]).all()
    assert np.isnan(Jackknifed(np.zeros(11), image_variance=0.1).two_way(SHARE).low)


def test_images_widen_an_interval_by_their_variance() -> None:
    values = np.random.default_rng(0).normal(size=9)
    plain_mean = Jackknifed.mean_of(values)
    error = stats.sem(values)
    wide = Jackknifed(plain_mean.values, image_variance=3 * error**2).two_way()
    assert_near(wide.high - wide.estimate, 2 * (plain_mean.interval().high - plain_mean.whole))
    assert np.isnan(plain_mean.two_way().low)


def difference_covered(statistic: Callable, *, has_same_seeds: bool, draws: int) -> tuple[float, float]:
    """As `covered`, for two regimes: of the same ten seeds, or of ten and of six others."""
    generator = np.random.default_rng(12)
    found = []
    for _ in range(draws):
        one, other = simulated_regimes(generator)
        if not has_same_seeds:
            other = simulated_regimes(generator, num_models=6)[1]
        found.append((statistic(one), statistic(other)))
    estimates = np.array([one.whole - other.whole for one, other in found])
    intervals = [one.difference(other, has_same_seeds=has_same_seeds) for one, other in found]
    share = np.mean([i.low <= estimates.mean() <= i.high for i in intervals])
    width = np.median([i.high - i.low for i in intervals])
    return float(share), float(width / (2 * stats.t.ppf(0.975, 9) * estimates.std(ddof=1)))


@pytest.mark.parametrize("has_same_seeds", [True, False])
@pytest.mark.parametrize(
    ("statistic", "draws"),
    [
        pytest.param(_pie_share, 40, marks=pytest.mark.slow),
        pytest.param(_excess, 300, marks=[pytest.mark.slow, pytest.mark.long]),
        pytest.param(_shift, 300, marks=[pytest.mark.slow, pytest.mark.long]),
    ],
)
def test_intervals_of_differences_cover_in_simulation(statistic: Callable, draws: int, has_same_seeds: bool) -> None:
    share, width = difference_covered(statistic, has_same_seeds=has_same_seeds, draws=draws)
    assert share >= 0.90
    assert width < 2.5
