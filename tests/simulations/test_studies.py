"""Intervals hold the truth as often as they say, and more seeds find more: simulated studies whose truth is known."""

import numpy as np
import pytest

from lethe.pies.jackknife import Interval
from simulations.studies import CHANGES, SEEDS, Coverage, World, _modal, coverages
from support.near import assert_near

DRAWS = 1000


def test_the_modal_label_of_one_is_its_vote_and_of_three_that_of_two() -> None:
    chances = np.array([[0.5, 0.3, 0.2, 0.0], [0.25, 0.25, 0.25, 0.25]])
    assert_near(_modal(chances, 1), chances)
    sharper = _modal(chances, 3)
    assert_near(sharper.sum(axis=1), [1, 1])
    # Twice or thrice class 0, or one vote of each of three classes, of which it is the smallest.
    assert_near(sharper[0, 0], 0.5**3 + 3 * 0.5**2 * 0.5 + 6 * 0.5 * 0.3 * 0.2)


@pytest.mark.slow
def test_more_change_moves_more_votes_and_none_moves_none() -> None:
    moved = [World(size).moved for size in CHANGES.values()]
    assert moved[0] == 0 and (np.diff(moved) > 0).all()
    assert World(0.0).truth(3) == {"excess": 0.0, "shift": 0.0}


def _noise(share: float) -> float:
    """Three standard errors of a share of so many studies."""
    return 3 * np.sqrt(share * (1 - share) / DRAWS)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(7200)
def test_intervals_cover_and_more_seeds_are_never_weaker() -> None:
    found = list(coverages(DRAWS))
    rows = [row for rows, _, _ in found for row in rows]
    assert sum(row.is_clear for row in rows) >= 10 and sum(row.truth == 0 for row in rows) == 9
    for row in rows:
        assert row.covered >= 0.93 - _noise(0.93), row
        if row.is_clear:
            assert row.covered <= 0.985 + _noise(0.985), row
        if row.truth == 0:
            assert row.above <= 0.025 + _noise(0.025), row
    for place in range(0, len(found), len(SEEDS)):
        powers = [power for _, _, power in found[place : place + len(SEEDS)]]
        assert (np.diff(powers) > -2 * np.sqrt(0.5 / DRAWS)).all()


def test_a_coverage_is_a_row() -> None:
    row = Coverage("shift", "small", 10, 0.0125, 1.96, 0.95, 0.3)
    assert str(row) == "| shift | small | 10 | 1.25 | 2.0 | 0.950 | 0.300 |" and not row.is_clear


def test_a_value_is_counted_in_the_standard_errors_that_studies_state() -> None:
    intervals = [Interval(0.3, 0.3 - half, 0.3 + half) for half in (2.2621572 * 0.1, 2.2621572 * 0.1)]
    row = Coverage.of("shift", "small", 10, 0.25, intervals)
    assert_near(row.errors, 2.5)
    assert row.is_clear and row.covered == 1 and row.above == 1
