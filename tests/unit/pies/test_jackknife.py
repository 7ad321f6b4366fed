"""Jackknife intervals: the formula, the limits, and that they cover what they should."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from lethe.pies.halves import split_in_halves
from lethe.pies.jackknife import CHANGE, SHARE, interval, jackknife, mean_variants
from lethe.pies.null import cross_half
from lethe.pies.shares import modal_shares, single_shares, taxicab_share
from lethe.pies.votes import contested, local_codes, vote_counts
from unit.pies.populations import Pair, simulated_pair


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
@pytest.mark.parametrize(("statistic", "draws"), [(_pie_share, 100), (_excess, 50), (_accuracy_change, 200)])
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
