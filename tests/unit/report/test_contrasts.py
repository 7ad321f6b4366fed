"""Differences at equal removed parameters, against a literal transcription and by their rules."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lethe.compare.contrasts import CONTROL, OTHER, OWN, SMALL, TARGETS, accuracy_at
from lethe.core.errors import EmptyReport
from lethe.report.sentences.study import fair_comparison
from lethe.report.tables import contrasts
from support.archive import archive, frames
from support.near import assert_near
from support.stated import traits

Frames = dict[str, pd.DataFrame]
Curve = dict[str, tuple[float, list[float]]]  # level -> (share of parameters removed, accuracy of each seed)
SEEDS = 4
DENSE_PARAMETERS = 2_797_610
# Made-up PIE share, excess and shift of a cell: these parts of its mean error, so that they are means over seeds too.
PARTS = {"pie_share": 0.8, "excess_from_reference": 0.5, "shift_from_reference": 0.3}
SHARES = ("pie_share", "excess_share", "shift")  # as the table calls them
DENSE = [0.95, 0.94, 0.96, 0.93]
CHANNELS: Curve = {"0.30": (0.51, [0.90, 0.91, 0.93, 0.90]), "0.70": (0.91, [0.50, 0.40, 0.45, 0.52])}
AT_RANDOM: Curve = {"0.50": (0.75, [0.60, 0.52, 0.61, 0.55]), "0.70": (0.92, [0.30, 0.25, 0.31, 0.28])}


def known(method: str) -> dict[str, str]:
    """Traits of a method, which is called as its plug-in; `fold_raw` is `fold` without recalibration."""
    plugin, raw, _ = method.partition("_raw")
    return traits(plugin, "raw" if raw else "recalibrated")


def study(**methods: Curve) -> Frames:
    """The frames that contrasts are built from, with given curves."""
    seeds, costs, shares = [], [], []
    for method, curve in {"dense": {"0": (0.0, DENSE)}, **methods}.items():
        for level, (removed, accuracy) in curve.items():
            cell = {"regime": "supervised", "method": method, "level": level, "seed": range(SEEDS)} | known(method)
            left = round(DENSE_PARAMETERS * (1 - removed))
            costs.append(pd.DataFrame(cell | {"parameters": left, "nonzero_parameters": left}))
            values = {"dense_accuracy": DENSE, "reference_accuracy": DENSE, "reference": "dense"}
            values |= {"compressed_accuracy": accuracy, "flip_rate": 0.1}
            if method != "dense":
                lost = 1 - np.array(accuracy)
                pies = {f"{name}_without": (lost.sum() - lost) / 3 * part for name, part in PARTS.items()}
                seeds.append(pd.DataFrame(cell | {"split": "test"} | values | pies))
                place = {"regime": "supervised", "method": method, "level": level, "split": "test"}
                estimates = [lost.mean() * part for part in PARTS.values()]
                shares.append(
                    pd.DataFrame(place | {"quantity": list(PARTS), "estimate": estimates, "low": 0.0, "high": 1.0})
                )
    frames = {"seeds": seeds, "cost": costs, "shares": shares}
    return {kind: pd.concat(parts, ignore_index=True) for kind, parts in frames.items()}


def built(**methods: Curve) -> pd.DataFrame:
    return contrasts.build(study(**methods))


def by_hand(curve: Curve, target: float) -> list[float]:
    """Accuracy of every seed at a share of removed parameters, point by point."""
    return walked(curve, target, DENSE, float)


def walked(curve: Curve, target: float, start: list[float], of: Callable[[float], float]) -> list[float]:
    """Something made of every seed's accuracy, linear between levels from `start` on."""
    found = []
    for seed in range(SEEDS):
        points = sorted([(0.0, start[seed]), *((removed, of(accuracy[seed])) for removed, accuracy in curve.values())])
        (x0, y0), (x1, y1) = next((a, b) for a, b in pairwise(points) if a[0] <= target <= b[0] + 1e-6)
        found.append(y0 + (y1 - y0) * (target - x0) / (x1 - x0))
    return found


def test_it_is_the_formula_written_out() -> None:
    table = built(fold=CHANNELS, fold_random=AT_RANDOM)
    assert table["removed_parameters"].tolist() == list(TARGETS)
    assert set(table["method"]) == {"fold"} and set(table["against"]) == {"fold_random"}
    for row in table.itertuples():
        one, other = (np.array(by_hand(curve, row.removed_parameters)) for curve in (CHANNELS, AT_RANDOM))
        assert_near([row.method_accuracy, row.against_accuracy], [one.mean(), other.mean()], atol=1e-6)
        expected = stats.t.interval(0.95, SEEDS - 1, (one - other).mean(), stats.sem(one - other))
        assert_near([row.accuracy_difference_low, row.accuracy_difference_high], expected, atol=1e-6)
    assert table["reading"].tolist() == ["interpolated", "interpolated", "interpolated"]


def test_pie_shares_are_read_on_the_same_lines_with_students_interval_where_they_are_means() -> None:
    """Nothing removed means no PIE; the made-up shares are means over seeds, whose jackknife is Student's t."""
    for row in built(fold=CHANNELS, fold_random=AT_RANDOM).itertuples():
        one, other = (
            np.array(walked(curve, row.removed_parameters, [0.0] * SEEDS, lambda a: 1 - a))
            for curve in (CHANNELS, AT_RANDOM)
        )
        part = PARTS["pie_share"]
        found = [row.method_pie_share, row.against_pie_share, row.pie_share_difference]
        means = np.array([one.mean(), other.mean(), (one - other).mean()])
        assert_near(found, part * means, atol=1e-6)
        for share, part in zip(SHARES, PARTS.values(), strict=True):
            expected = stats.t.interval(0.95, SEEDS - 1, part * (one - other).mean(), part * stats.sem(one - other))
            ends = [getattr(row, f"{share}_difference_{end}") for end in ("low", "high")]
            assert_near(ends, expected, atol=1e-6)


def test_a_method_does_not_differ_from_its_copy() -> None:
    table = built(fold=CHANNELS, channel_l1=CHANNELS)
    for share in SHARES:
        assert (table[f"{share}_difference"] == 0).all()
        assert table[[f"{share}_difference_{end}" for end in ("low", "high")]].isna().all(axis=None)


def test_pies_of_independent_networks_are_unknown_below_the_mildest_level_and_their_excess_is_not() -> None:
    late: Curve = {"0.70": (0.74, [0.8, 0.7, 0.8, 0.9]), "0.90": (0.91, [0.5, 0.4, 0.5, 0.4])}
    table = built(fold=CHANNELS, gmp=late).set_index("removed_parameters")
    assert table["pie_share_difference"].isna().tolist() == [True, False, False]
    assert table["excess_share_difference"].notna().all()
    assert not built(fold=late, channel_l1=CHANNELS)["pie_share_difference"].isna().any()


@given(
    st.lists(st.tuples(st.integers(1, 99), st.floats(0, 1)), min_size=1, max_size=5, unique_by=lambda pair: pair[0]),
    st.floats(0, 1),
    st.floats(0, 0.99),
)
@settings(deadline=None)
def test_interpolation_passes_through_every_level_and_stays_between(
    points: list[tuple[int, float]], dense: float, target: float
) -> None:
    levels = pd.DataFrame(points, columns=["removed_parameters", "compressed_accuracy"])
    levels = levels.assign(removed_parameters=levels["removed_parameters"] / 100, reference_accuracy=dense)
    assert accuracy_at(levels, 0.0) == dense
    for row in levels.itertuples():
        assert accuracy_at(levels, row.removed_parameters) == pytest.approx(row.compressed_accuracy)
    ends = [dense, *levels["compressed_accuracy"]]
    assert min(ends) - 1e-12 <= accuracy_at(levels, target) <= max(ends) + 1e-12


def test_a_method_that_does_not_reach_is_left_out_and_half_a_point_is_near_enough() -> None:
    just_short: Curve = {"0.50": (0.7463, [0.6, 0.5, 0.6, 0.5])}
    table = built(fold=just_short, fold_random=AT_RANDOM)
    assert table["removed_parameters"].tolist() == [0.5, 0.75]
    assert table["reading"].tolist() == ["interpolated", "measured"]
    assert table["method_accuracy"].iloc[1] == pytest.approx(0.55)
    too_short: Curve = {"0.50": (0.744, [0.6, 0.5, 0.6, 0.5])}
    assert built(fold=too_short, fold_random=AT_RANDOM)["removed_parameters"].tolist() == [0.5]


def test_one_seed_that_does_not_reach_leaves_the_method_out() -> None:
    given = study(fold=CHANNELS, fold_random=CHANNELS)
    is_one = (given["cost"]["method"] == "fold") & (given["cost"]["level"] == "0.70") & (given["cost"]["seed"] == 1)
    cost = given["cost"].assign(
        nonzero_parameters=given["cost"]["nonzero_parameters"].mask(is_one, DENSE_PARAMETERS // 5)
    )
    assert contrasts.build(given | {"cost": cost})["removed_parameters"].tolist() == [0.5, 0.75]


def test_each_method_meets_its_own_control_first() -> None:
    table = built(
        fold_random=CHANNELS, channel_random=CHANNELS, random=CHANNELS, fold=CHANNELS, channel_l1=CHANNELS,
        magnitude_global=CHANNELS,
    )  # fmt: skip
    at_half = table[table["removed_parameters"] == 0.5]
    own = at_half[at_half["relation"] == OWN]
    assert dict(zip(own["method"], own["against"], strict=True)) == {
        "fold": "fold_random",
        "channel_l1": "channel_random",
        "magnitude_global": "random",
    }
    assert at_half["relation"].tolist() == [OWN] * 3 + [OTHER] * 3 + [CONTROL] * 9
    assert len(at_half) == 6 * 5 / 2
    assert set(at_half.loc[at_half["relation"] == OTHER, "against"]) <= {"channel_l1", "magnitude_global"}


def test_only_equal_treatments_meet_and_in_training_methods_meet_every_treatment() -> None:
    table = built(
        fold=CHANNELS,
        fold_raw=CHANNELS,
        channel_l1_raw=CHANNELS,
        fold_random=CHANNELS,
        small_dense=CHANNELS,
        gmp=CHANNELS,
    )
    half = table[table["removed_parameters"] == 0.5]
    pairs = {
        treatment: {frozenset(pair) for pair in rows[["method", "against"]].itertuples(index=False)}
        for treatment, rows in half.groupby("treatment")
    }
    assert (
        frozenset({"fold_raw", "channel_l1_raw"}) in pairs["raw"]
        and frozenset({"fold", "fold_random"}) not in pairs["raw"]
    )
    assert all(frozenset({"fold", other}) in pairs["recalibrated"] for other in ("fold_random", "small_dense", "gmp"))
    assert pairs["trained"] == {frozenset({"gmp", "small_dense"})}
    assert sum(map(len, pairs.values())) == len(half)
    assert len(set().union(*pairs.values())) == len(half)


def test_pairing_is_said() -> None:
    table = built(fold=CHANNELS, fold_random=CHANNELS, small_dense=CHANNELS, gmp=CHANNELS)
    words = {frozenset((row.method, row.against)): row.pairing for row in table.itertuples()}
    assert words.pop(frozenset({"fold", "fold_random"})) == "paired"
    assert set(words.values()) == {"independent"}
    assert not ((table["method"] == "gmp") & (table["relation"] == OWN)).any()
    assert table.loc[(table["method"] == "gmp") & (table["against"] == "small_dense"), "relation"].eq(SMALL).all()


def test_a_single_method_gives_a_table_without_rows() -> None:
    table = built(fold=CHANNELS)
    assert len(table) == 0
    assert list(table.columns) == list(built(fold=CHANNELS, fold_random=CHANNELS).columns)
    assert fair_comparison(table) == ()


@pytest.mark.slow
def test_bits_remove_no_parameters() -> None:
    assert contrasts.build(frames(archive(regimes=["supervised"], methods=["quantize", "random"]))).empty


def test_a_cell_without_cost_is_named() -> None:
    given = study(fold=CHANNELS, fold_random=AT_RANDOM)
    cost = given["cost"]
    with pytest.raises(EmptyReport, match=r"'method': 'fold', 'level': '0\.70'"):
        contrasts.build(given | {"cost": cost[~((cost["method"] == "fold") & (cost["level"] == "0.70"))]})
    with pytest.raises(EmptyReport, match=r"'method': 'fold', 'level': '0\.30'"):
        contrasts.build(given | {"cost": cost[~((cost["method"] == "fold") & (cost["seed"] == 2))]})
    with pytest.raises(EmptyReport, match="dense networks of every seed"):
        contrasts.build(given | {"cost": cost[cost["method"] != "dense"]})


def test_headline_names_the_best_and_its_own_control() -> None:
    worse: Curve = {level: (removed, [a - 0.1 for a in accuracy]) for level, (removed, accuracy) in CHANNELS.items()}
    table = built(fold=CHANNELS, fold_random=AT_RANDOM, channel_l1=worse, gmp=CHANNELS, fold_raw=CHANNELS)
    (sentence,) = fair_comparison(table)
    row = table[(table["removed_parameters"] == 0.75) & (table["relation"] == OWN)].iloc[0]
    assert sentence.startswith("With 75 % of the parameters removed and the same treatment (recalibrated), fold has ")
    assert "fold has the highest mean accuracy of 2 methods (" in sentence
    assert f"+{100 * row['accuracy_difference']:.1f} points against its random control fold_random" in sentence
    assert "95 % interval" in sentence and "nan" not in sentence


def test_headline_names_the_best_that_makes_networks_smaller_where_the_best_does_not() -> None:
    worse: Curve = {level: (removed, [a - 0.1 for a in accuracy]) for level, (removed, accuracy) in CHANNELS.items()}
    table = built(channel_l1=CHANNELS, fold=worse, fold_random=AT_RANDOM)
    first, second = fair_comparison(table, {"fold", "fold_random"})
    assert "channel_l1 has the highest mean accuracy of 2 methods" in first
    assert (
        second.startswith("fold is the only method that makes the network smaller (")
        and "control fold_random" in second
    )
    assert len(fair_comparison(table, {"fold", "channel_l1"})) == 1


def test_headline_without_a_control_or_an_interval_claims_neither() -> None:
    (sentence,) = fair_comparison(built(fold=CHANNELS, channel_l1=CHANNELS))
    assert sentence.endswith("; no random control of its kind removes as much.")
    table = built(fold=CHANNELS, fold_random=AT_RANDOM).assign(
        accuracy_difference_low=np.nan, accuracy_difference_high=np.nan
    )
    (sentence,) = fair_comparison(table)
    assert "interval" not in sentence and "nan" not in sentence
