"""How well examples of a kind are found: against scikit-learn, and against all orders of equal numbers."""

import math
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from lethe.pies.ranking import rank
from support.near import assert_near


@given(st.integers(0, 10_000))
def test_without_equal_numbers_it_is_scikit_learns(seed: int) -> None:
    generator = np.random.default_rng(seed)
    numbers, kind = generator.random(40), generator.random(40) < 0.4
    kind[0], kind[1] = True, False
    found = rank(numbers, kind)
    assert_near(found.auroc.estimate, roc_auc_score(kind, numbers))
    assert_near(found.average_precision, average_precision_score(kind, numbers))
    top = np.argsort(-numbers)[: kind.sum()]
    assert_near(found.precision, kind[top].mean())
    assert_near(found.prevalence, kind.mean())


@pytest.mark.parametrize("values", [(0, 0, 0, 1, 1), (2, 2, 1, 1, 1), (1, 1, 1, 1, 1), (3, 2, 2, 2, 0)])
def test_equal_numbers_count_as_the_mean_over_their_orders(values: tuple[int, ...]) -> None:
    kind = np.array([True, False, True, False, False])
    numbers = np.array(values, dtype=float)
    orders = [order for order in permutations(range(5)) if all(values[a] >= values[b] for a, b in pairwise(order))]
    precisions, tops = [], []
    for order in orders:
        hits = [kind[i] for i in order]
        places = [place for place, hit in enumerate(hits, start=1) if hit]
        precisions.append(sum(sum(hits[:place]) / place for place in places) / len(places))
        tops.append(sum(hits[:2]) / 2)
    found = rank(numbers, kind)
    assert_near(found.average_precision, np.mean(precisions))
    assert_near(found.precision, np.mean(tops))
    pairs = [(numbers[i] > numbers[j]) + (numbers[i] == numbers[j]) / 2 for i in (0, 2) for j in (1, 3, 4)]
    assert_near(found.auroc.estimate, np.mean(pairs))


def test_delongs_interval_is_the_equation() -> None:
    generator = np.random.default_rng(3)
    numbers, kind = np.round(generator.random(60), 1), generator.random(60) < 0.3
    x, y = numbers[kind], numbers[~kind]
    v10 = [np.mean([(a > b) + 0.5 * (a == b) for b in y]) for a in x]
    v01 = [np.mean([(a > b) + 0.5 * (a == b) for a in x]) for b in y]
    error = math.sqrt(np.var(v10, ddof=1) / len(x) + np.var(v01, ddof=1) / len(y))
    found = rank(numbers, kind).auroc
    assert_near(
        [found.low, found.high],
        [found.estimate - 1.959963984540054 * error, found.estimate + 1.959963984540054 * error],
    )


def test_the_interval_covers_the_truth() -> None:
    """Two normal distributions one deviation apart: AUROC = Phi(1 / sqrt 2)."""
    generator, truth = np.random.default_rng(4), 0.7602499389065234
    held = 0
    for _ in range(400):
        kind = np.arange(120) < 40
        found = rank(generator.normal(kind.astype(float)), kind).auroc
        held += found.low <= truth <= found.high
    assert held / 400 >= 0.92


def test_what_is_not_known_takes_no_part_and_without_a_kind_nothing_is_said() -> None:
    numbers = np.array([1.0, np.nan, 3.0, 2.0])
    assert rank(numbers, np.array([False, True, True, False])).auroc.estimate == 1.0
    for kind in (np.zeros(4, dtype=bool), np.ones(4, dtype=bool)):
        found = rank(numbers, kind)
        assert np.isnan(found.auroc.estimate) and np.isnan(found.average_precision)
