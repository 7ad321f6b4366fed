"""What foretells losses: scores against scikit-learn, a permuted target, and variables that see nothing compressed."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from lethe.measures.explaining import Explained, auroc, average_precision, explain, filled, lift, regression
from lethe.measures.losses import Losses, looked_at
from support.near import assert_near

EXAMPLES, NETWORKS = 400, 10


def losses(probabilities: np.ndarray, seed: int) -> Losses:
    generator = np.random.default_rng(seed)
    right = generator.binomial(NETWORKS, 0.9, len(probabilities))
    return Losses(generator.binomial(right, probabilities), right, np.zeros(len(probabilities), dtype=bool), 0.5)


def explained(target: Losses, seed: int = 0, **variables: np.ndarray) -> Explained:
    table, names = filled(variables)
    generator = np.random.default_rng([seed, 1])
    folds, groups = (generator.permutation(len(target.lost)) % number for number in (5, 10))
    return Explained(table, names, target, folds, groups)


def entries(target: Losses, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One entry per network that is right before, as the scores count them."""
    truth = np.concatenate([np.repeat([1, 0], [n, r - n]) for n, r in zip(target.lost, target.right, strict=True)])
    return truth, np.repeat(scores, target.right)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_scores_are_scikit_learns_of_single_networks(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = np.round(generator.random(EXAMPLES), 2)  # with equal ones
    target = losses(0.1 + 0.5 * scores, seed)
    everyone = np.arange(EXAMPLES)
    truth, repeated = entries(target, scores)
    assert_near(auroc(scores, target, everyone), roc_auc_score(truth, repeated))
    assert_near(average_precision(scores, target, everyone), average_precision_score(truth, repeated))
    rows = np.flatnonzero(generator.random(EXAMPLES) < 0.5)
    part = Losses(target.lost[rows], target.right[rows], target.is_pie[rows], 0.5)
    truth, repeated = entries(part, scores[rows])
    assert_near(auroc(scores, target, rows), roc_auc_score(truth, repeated))


def test_lift_is_the_share_lost_in_the_first_tenth_by_that_of_all() -> None:
    scores = np.arange(EXAMPLES, dtype=float)
    target = losses(np.where(scores >= 360, 0.5, 0.1), 3)
    expected = (target.lost[360:].sum() / target.right[360:].sum()) / (target.lost.sum() / target.right.sum())
    assert_near(lift(scores, target, np.arange(EXAMPLES)), expected)


def test_odds_ratios_are_those_of_a_regression_on_single_networks() -> None:
    generator = np.random.default_rng(4)
    x = generator.normal(size=(EXAMPLES, 2))
    target = losses(1 / (1 + np.exp(2 - x[:, 0])), 4)
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    coefficients, errors = regression(standard, target)
    truth = np.concatenate([np.repeat([1, 0], [n, r - n]) for n, r in zip(target.lost, target.right, strict=True)])
    plain = LogisticRegression(C=1e6).fit(np.repeat(standard, target.right, axis=0), truth)
    assert_near(coefficients, plain.coef_[0], rtol=0.03, atol=0.01)
    assert (errors > 0).all() and abs(coefficients[1]) < 4 * errors[1] and coefficients[0] > 5 * errors[0]


def test_standard_errors_know_that_networks_share_an_image() -> None:
    """Each image is lost by all networks or by none: they count as images, not as networks."""
    generator = np.random.default_rng(5)
    x = generator.normal(size=(EXAMPLES, 1))
    is_lost = generator.random(EXAMPLES) < 0.3
    right = np.full(EXAMPLES, NETWORKS)
    one = regression(x, Losses(is_lost.astype(int), right // NETWORKS, is_lost, 0.5))[1]
    all_of_them = regression(x, Losses(is_lost * NETWORKS, right, is_lost, 0.5))[1]
    assert_near(all_of_them, one, rtol=0.05)


def test_what_foretells_is_found_and_noise_is_not() -> None:
    generator = np.random.default_rng(6)
    hard, noise, margin = generator.normal(size=(3, EXAMPLES))
    target = losses(1 / (1 + np.exp(2.5 - 1.5 * hard)), 6)
    rows = explain(explained(target, hard=hard, noise=noise, vote_margin=margin), [], np.random.default_rng(0))
    value = {(row["model"], row["about"], row["name"]): row for row in rows}
    assert value["logistic", "score", "auroc"]["low"] > 0.7
    assert value["boosted_trees", "score", "auroc"]["low"] > 0.65
    gain = value["logistic", "gain", "auroc"]
    assert gain["low"] > 0.1 and 0.4 < value["vote_margin", "score", "auroc"]["value"] < 0.6
    assert value["logistic", "odds_ratio", "hard"]["low"] > 2
    assert (
        value["logistic", "odds_ratio_alone", "noise"]["low"]
        < 1
        < value["logistic", "odds_ratio_alone", "noise"]["high"]
    )
    assert (
        value["boosted_trees", "importance", "hard"]["value"]
        > 0.1
        > value["boosted_trees", "importance", "noise"]["value"]
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_permuted_target_is_foretold_by_nothing(seed: int) -> None:
    generator = np.random.default_rng(seed)
    hard, noise = generator.normal(size=(2, EXAMPLES))
    target = losses(1 / (1 + np.exp(2.5 - 1.5 * hard)), seed)
    order = generator.permutation(EXAMPLES)
    permuted = Losses(target.lost[order], target.right[order], target.is_pie, 0.5)
    rows = explain(explained(permuted, hard=hard, noise=noise), [], np.random.default_rng(0))
    scores = [row for row in rows if row["about"] == "score" and row["name"] == "auroc"]
    for row in scores:
        assert 0.38 < row["value"] < 0.62 and row["low"] - 0.03 < 0.5 < row["high"] + 0.03


def test_what_is_learnt_of_one_cell_is_carried_to_another() -> None:
    generator = np.random.default_rng(7)
    hard, noise = generator.normal(size=(2, EXAMPLES))
    chances = 1 / (1 + np.exp(2.5 - 1.5 * hard))
    one, same, other = (
        explained(losses(p, 7 + k), hard=hard, noise=noise) for k, p in enumerate((chances, chances, chances[::-1]))
    )
    rows = explain(one, [("same", same), ("other", other)], np.random.default_rng(0))
    carried = {row["name"]: row["value"] for row in rows if row["about"] == "transfer"}
    assert carried["same"] > 0.75 and 0.4 < carried["other"] < 0.6


def test_nothing_is_said_where_nothing_or_everything_is_lost() -> None:
    hard = np.random.default_rng(8).normal(size=EXAMPLES)
    right = np.full(EXAMPLES, NETWORKS)
    for lost in (np.zeros(EXAMPLES, dtype=int), right):
        assert explain(explained(Losses(lost, right, lost > 0, 0.5), hard=hard), [], np.random.default_rng(0)) == []


def test_unknown_values_have_the_median_and_what_says_nothing_is_left_out() -> None:
    table, names = filled(
        {"b": np.array([1.0, np.nan, 3.0]), "a": np.ones(3), "c": np.array([np.nan, np.nan, 1.0]), "d": np.arange(3.0)}
    )
    assert names == ("b", "d") and table[:, 0].tolist() == [1.0, 2.0, 3.0]
    assert filled({})[1] == ()


def test_the_mildest_level_that_loses_enough_is_looked_at() -> None:
    def cell(share: float, harshness: float) -> Losses:
        right = np.full(1000, 1)
        return Losses((np.arange(1000) < 1000 * share).astype(int), right, right > 2, harshness)

    known = {
        ("r", "m", "0.90"): cell(0.2, 0.9),
        ("r", "m", "0.50"): cell(0.001, 0.5),
        ("r", "m", "0.80"): cell(0.02, 0.8),
        ("r", "q", "8"): cell(0.0, 0.75),
        ("r", "q", "4"): cell(0.004, 0.875),
    }
    assert looked_at(known) == [("r", "m", "0.80"), ("r", "q", "4")]
