"""Class impact against scipy's tests, with a stated result where scipy has none."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lethe.pies.class_impact import class_impact, paired_p, recalls, welch_p
from support.near import assert_near
from unit.pies.populations import NUM_CLASSES, Pair, population, simulated_pair


@pytest.fixture
def pair() -> Pair:
    return simulated_pair(np.random.default_rng(2), num_models=6)


def test_recalls_are_accuracies_within_a_class(pair: Pair) -> None:
    dense = pair[0]
    found = recalls(dense.is_right, dense.labels, NUM_CLASSES)
    for label in range(NUM_CLASSES):
        assert_near(found[:, label], dense.is_right[:, dense.labels == label].mean(axis=1))


@pytest.mark.parametrize("center", ["model", "population"])
def test_the_paired_test_is_scipys(pair: Pair, center: str) -> None:
    table = class_impact(*pair, center=center)
    dense, compressed = pair
    before, after = (recalls(p.is_right, p.labels, NUM_CLASSES) for p in pair)
    change = compressed.is_right.mean(axis=1) - dense.is_right.mean(axis=1)
    differences = after - before - (change[:, None] if center == "model" else change.mean())
    expected = stats.ttest_1samp(differences, 0)
    assert_near(table.p_paired, expected.pvalue)
    ci = expected.confidence_interval(0.95)
    assert_near(table[["low", "high"]], np.stack([ci.low, ci.high], axis=1))
    assert_near(table.normalised_change, table.recall_change - change.mean())


def test_welch_is_scipys_on_recalls_less_the_populations_accuracy(pair: Pair) -> None:
    samples = [recalls(p.is_right, p.labels, NUM_CLASSES) - p.is_right.mean() for p in pair]
    assert_near(class_impact(*pair).p_welch, stats.ttest_ind(*samples, equal_var=False).pvalue)


def test_centering_by_model_takes_out_the_noise_of_whole_models() -> None:
    """Compressed network k is wrong on k examples of every class: a slump of the network, not of a class."""
    labels = np.repeat(np.arange(NUM_CLASSES), 10)
    is_wrong = np.arange(10) < np.arange(5)[:, None]
    dense = population(np.tile(labels, (5, 1)), labels)
    compressed = population((labels + np.tile(is_wrong, NUM_CLASSES)) % NUM_CLASSES, labels, "random")
    by_model, by_population = (class_impact(dense, compressed, center=c) for c in ("model", "population"))
    assert by_model[["low", "high"]].isna().all(axis=None)  # no seed moves it: nothing is known of its error
    assert (by_population.high - by_population.low > 0.3).all()
    assert_near(by_model.normalised_change, by_population.normalised_change)


def test_zero_variance_has_a_stated_result() -> None:
    differences = np.array([[0.0, 0.25, -0.25]] * 6)
    assert paired_p(differences).tolist() == [1.0, 2.0**-5, 2.0**-5]
    assert_near(welch_p(np.zeros((6, 3)), differences), [1.0, 2 / 924, 2 / 924])


def test_rounding_is_not_variance() -> None:
    differences = np.array([[0.1 + 0.2 - 0.3], [0.0], [0.0], [-1e-17]])
    assert paired_p(differences).tolist() == [1.0]


def test_a_class_without_examples_is_undefined() -> None:
    labels = np.array([0, 0, 2, 2])
    generator = np.random.default_rng(0)
    dense, compressed = (population(generator.integers(0, 3, (4, 4)), labels, m) for m in ("dense", "random"))
    table = class_impact(dense, compressed).set_index("label")
    assert table.examples.tolist() == [2, 0, 2, 0]
    assert table.loc[[1, 3]].drop(columns="examples").isna().all(axis=None)
    assert table.loc[[0, 2]].notna().all(axis=None)


def test_an_unchanged_population_changes_no_class(pair: Pair) -> None:
    dense = pair[0]
    table = class_impact(dense, replace(dense, cell=pair[1].cell))
    assert (table[["recall_change", "normalised_change"]] == 0).all(axis=None)
    assert table[["low", "high"]].isna().all(axis=None)
    assert (table[["p_paired", "p_welch"]] == 1).all(axis=None)


def test_one_model_has_no_test() -> None:
    dense, compressed = simulated_pair(np.random.default_rng(0), num_models=1)
    table = class_impact(dense, compressed)
    assert table[["low", "high", "p_paired", "p_welch"]].isna().all(axis=None)
    assert table[["recall_change", "normalised_change"]].notna().all(axis=None)


def test_normalised_changes_weighted_by_examples_add_up_to_zero(pair: Pair) -> None:
    table = class_impact(*pair)
    assert_near((table.examples * table.normalised_change).sum(), 0)


def test_three_networks_and_two_classes_by_hand() -> None:
    """All dense networks are right; compressed ones err on 1, 2 and 0 of the two images of class 1."""
    labels = np.array([0, 0, 1, 1])
    dense = population(np.tile(labels, (3, 1)), labels)
    compressed = population(np.array([[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 1, 1]]), labels, "random")
    table = class_impact(dense, compressed).set_index("label").loc[[0, 1]]
    assert_near(table.recall_change, [0, -0.5])
    assert_near(table.normalised_change, [0.25, -0.25])
    assert_near(table[["low", "high"]], [[-0.371034, 0.871034], [-0.871034, 0.371034]], atol=1e-6)
    assert_near(table.p_paired, [0.225403, 0.225403], atol=1e-6)
    assert_near(table.loc[1, "p_welch"], 0.477767, atol=1e-6)
