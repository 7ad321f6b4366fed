"""Groups before and after: every metric counted example by example, and what can be said of small groups."""

import numpy as np
import pytest
from scipy import stats

from lethe.pies.groups import METRICS, Told, compare_groups, detectable
from support.near import assert_near

SEEDS, EXAMPLES, CLASSES = 6, 90, 3


def told(seed: int, classes: int = CLASSES, right: float = 0.7) -> Told:
    generator = np.random.default_rng(seed)
    labels = np.arange(EXAMPLES) % classes
    wrong = (labels + generator.integers(1, classes, (SEEDS, EXAMPLES))) % classes
    predictions = np.where(generator.random((SEEDS, EXAMPLES)) < right, labels, wrong)
    return Told(
        labels,
        classes,
        predictions,
        0.4 + 0.6 * generator.random((SEEDS, EXAMPLES)),
        generator.random((SEEDS, EXAMPLES)),
    )


def slow(known: Told, k: int, members: np.ndarray) -> dict[str, float]:
    """The metrics of one network, by loops."""
    rows = [
        (int(known.labels[i]), int(known.predictions[k, i]), float(known.confidences[k, i]))
        for i in np.flatnonzero(members)
    ]
    classes = [1] if known.num_classes == 2 else range(known.num_classes)
    misses = [np.mean([p != c for y, p, _ in rows if y == c]) for c in classes if any(y == c for y, _, _ in rows)]
    alarms = [np.mean([p == c for y, p, _ in rows if y != c]) for c in classes if any(y != c for y, _, _ in rows)]
    ece = 0.0
    for b in range(15):
        inside = [(y == p, q) for y, p, q in rows if b <= q * 15 < b + 1 or (b == 14 and q == 1)]
        if inside:
            ece += abs(np.mean([hit for hit, _ in inside]) - np.mean([q for _, q in inside])) * len(inside) / len(rows)
    return {
        "error": np.mean([y != p for y, p, _ in rows]),
        "recall": 1 - np.mean(misses) if misses else np.nan,
        "false_negative_rate": np.mean(misses) if misses else np.nan,
        "false_positive_rate": np.mean(alarms) if alarms else np.nan,
        "ece": ece,
        "brier": np.mean(known.brier[k, members]),
    }


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("share", [0.5, 0.1])
def test_every_metric_is_its_count(classes: int, share: float) -> None:
    known, members = told(1, classes), np.random.default_rng(2).random(EXAMPLES) < share
    found = known.measured(members)
    for k in range(SEEDS):
        for name, value in slow(known, k, members).items():
            assert_near(found[name][k], value, about=(name, k), equal_nan=True)


def test_rows_are_changes_over_seeds_with_their_tests() -> None:
    before, after = told(1), told(2, right=0.5)
    members = {("age", "old"): np.arange(EXAMPLES) < 40, ("age", "nobody"): np.zeros(EXAMPLES, dtype=bool)}
    rows = compare_groups(before, after, members, is_paired=True)
    assert list(dict.fromkeys(rows["group"])) == ["all", "old"]
    row = rows[(rows["group"] == "old") & (rows["metric"] == "error")].iloc[0]
    one, other = (known.measured(members["age", "old"])["error"] for known in (before, after))
    difference = other - one
    everyone = np.ones(EXAMPLES, dtype=bool)
    beyond = difference - (after.measured(everyone)["error"] - before.measured(everyone)["error"])
    assert_near(
        [row["change"], row["excess"], row["relative"]],
        [difference.mean(), beyond.mean(), difference.mean() / one.mean()],
    )
    assert_near(row["p"], stats.ttest_rel(other, one).pvalue)
    assert_near(row["p_excess"], stats.ttest_1samp(beyond, 0).pvalue)
    reach = stats.t.ppf(0.975, SEEDS - 1) * beyond.std(ddof=1) / np.sqrt(SEEDS)
    assert_near([row["excess_low"], row["excess_high"]], [beyond.mean() - reach, beyond.mean() + reach])
    assert row["examples"] == 40 and not row["is_small"]
    assert (rows.loc[rows["group"] == "all", "excess"] == 0).all()
    assert set(rows["metric"]) == set(METRICS)


def test_independent_networks_have_welchs_test() -> None:
    before, after = told(3), told(4)
    rows = compare_groups(before, after, {}, is_paired=False)
    everyone = np.ones(EXAMPLES, dtype=bool)
    one, other = (known.measured(everyone)["error"] for known in (before, after))
    assert_near(rows.loc[rows["metric"] == "error", "p"].iloc[0], stats.ttest_ind(other, one, equal_var=False).pvalue)


def test_what_could_have_been_seen_is_seen_in_about_80_of_100_studies() -> None:
    generator = np.random.default_rng(5)
    spread = 0.02
    samples = generator.normal(0, spread, (2000, SEEDS))
    needed = np.array([detectable(np.zeros(SEEDS), sample, 10_000, is_paired=True) for sample in samples])
    truth = np.sqrt(np.mean(needed**2))  # of the spread that all studies have
    shifted = generator.normal(truth, spread, (2000, SEEDS))
    found = stats.ttest_1samp(shifted, 0, axis=1).pvalue <= 0.05
    assert 0.74 < found.mean() < 0.90


def test_a_change_of_less_than_one_example_is_never_promised() -> None:
    assert detectable(np.zeros(4), np.zeros(4), 8, is_paired=True) == 1 / 8
    assert np.isnan(detectable(np.zeros(1), np.zeros(1), 8, is_paired=True))


def test_two_and_three_seeds_get_estimates_and_no_more_than_they_can_say() -> None:
    few = [
        Told(known.labels, CLASSES, known.predictions[:2], known.confidences[:2], None) for known in (told(1), told(2))
    ]
    rows = compare_groups(*few, {("a", "b"): np.arange(EXAMPLES) < 10}, is_paired=True)
    error = rows[(rows["group"] == "b") & (rows["metric"] == "error")].iloc[0]
    assert np.isfinite(error["change"]) and np.isnan(error["change_low"]) and error["is_small"]
    assert rows.loc[rows["metric"] == "brier", "reference"].isna().all()
