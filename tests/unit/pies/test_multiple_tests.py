"""Benjamini and Hochberg: the definition, its order, and what is not a test."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lethe.pies.multiple_tests import adjust
from support.near import assert_near
from unit.pies.populations import quick

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12).map(np.array)


@quick
@given(p_values)
def test_q_is_the_smallest_rate_at_which_a_test_counts(p: np.ndarray) -> None:
    order = np.argsort(p)
    expected = [min(len(p) * p[order[j]] / (j + 1) for j in range(i, len(p))) for i in range(len(p))]
    assert_near(adjust(p)[order], np.minimum(expected, 1))


@quick
@given(p_values)
def test_q_is_at_least_p_and_keeps_its_order(p: np.ndarray) -> None:
    q = adjust(p)
    assert (q >= p - 1e-12).all()
    assert (np.diff(q[np.argsort(p)]) >= -1e-12).all()


def test_a_missing_p_is_no_test() -> None:
    q = adjust(np.array([0.01, np.nan, 0.04]))
    assert np.isnan(q[1])
    assert_near(q[[0, 2]], adjust(np.array([0.01, 0.04])))
    assert np.isnan(adjust(np.array([np.nan]))).all()
    assert adjust(np.array([])).shape == (0,)


def test_the_example_of_the_source() -> None:
    """Benjamini and Hochberg 1995, section 3.2: four of fifteen tests are rejected at .05."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.324,
        0.4262,
        0.5719,
        0.6528,
        0.759,
        1,
    ]
    q = adjust(np.array(p))
    assert_near(q[:6], [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0638571], atol=1e-6)
    assert (q <= 0.05).sum() == 4
