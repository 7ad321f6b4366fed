"""Two regimes on an equal footing: identities, what is read where, who is matched, and that the intervals cover."""

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from lethe.compare.cells import in_order
from lethe.compare.level_curves import LevelCurve, Reading, at_drop
from lethe.compare.regimes import BELOW, BETWEEN, DENSE_ACCURACY, DROP, LEVEL, MATCHED, NOT_MATCHED, nearest_pair
from lethe.core.errors import EmptyReport, PopulationError
from lethe.core.levels import DENSE
from lethe.pies.jackknife import Jackknifed, with_ends
from lethe.pies.modal import contested, local_codes
from lethe.pies.quantities import WITHOUT
from lethe.pies.summary import Compared, describe_cell, modal_shares, single_shares
from lethe.report.figures.regimes import drop_axis
from lethe.report.headlines import headlines
from lethe.report.sentences.regimes import regime_comparison
from lethe.report.spec import Facts
from lethe.report.tables import accuracy, classes, pies, regimes
from support.near import assert_near, is_near
from support.stated import traits
from unit.pies.populations import NUM_CLASSES, Pair, simulated_pair

Frames = dict[str, pd.DataFrame]
SEEDS = 6
LEVELS = {"magnitude_global": ("0.50", "0.70", "0.80", "0.95"), "gmp": ("0.50", "0.90")}
REGIMES = {"supervised": (0.7, 0.4), "simclr": (0.9, 0.5), "supervised_at5": (1.0, 0.45)}  # own noise, harm per level


@pytest.fixture(scope="module")
def three() -> Frames:
    """Two regimes and an earlier stop of the first: simulated networks, of which each level harms more."""
    shape = (SEEDS, 150, NUM_CLASSES)
    start = np.random.default_rng(0).normal(0, 0.5**0.5, shape)
    kinds = ("shares", "tests", "seeds", "pies", "classes")
    parts: dict[str, list[pd.DataFrame]] = {kind: [] for kind in kinds}
    for regime, (own, harm) in REGIMES.items():
        noise = start + np.random.default_rng(1).normal(0, own, shape)
        for method, levels in LEVELS.items():
            for number, level in enumerate(levels, start=1):
                pair = simulated_pair(
                    np.random.default_rng([number, len(method)]),
                    num_models=SEEDS,
                    num_examples=shape[1],
                    paired=method != "gmp",
                    harm=harm * number,
                    noise=noise,
                )
                compared = Compared(*pair, reference=pair[0], is_paired=method != "gmp")
                summary = describe_cell(compared, ties="smallest", generator=np.random.default_rng(0))
                plugin, _, stop_after = regime.partition("_at")
                of = {"regime": regime, "method": method, "level": level, "split": "test"}
                known = traits(method) | {"regime_plugin": plugin, "stop_after": stop_after, "reference": DENSE}
                for kind, rows in parts.items():
                    rows.append(getattr(summary, kind).assign(**of, **known))
    return {kind: in_order(pd.concat(rows, ignore_index=True)) for kind, rows in parts.items()}


@pytest.fixture(scope="module")
def table(three: Frames) -> pd.DataFrame:
    return regimes.build(three)


def renamed(given: Frames, regime: str, name: str) -> Frames:
    """The rows of one regime under another name, its plug-in's too."""
    own = {kind: frame[frame["regime"] == regime] for kind, frame in given.items()}
    return {kind: frame.assign(regime=name, regime_plugin=name) for kind, frame in own.items()}


def together(*parts: Frames) -> Frames:
    return {kind: pd.concat([part[kind] for part in parts], ignore_index=True) for kind in parts[0]}


def ends(table: pd.DataFrame, share: str = "pie_share") -> np.ndarray:
    return table[with_ends(f"{share}_difference")].to_numpy()


@pytest.mark.slow
def test_every_reading_of_every_method_is_there(table: pd.DataFrame) -> None:
    assert set(table["reading"]) == {LEVEL, DROP, DENSE_ACCURACY}
    for _, rows in table.groupby(["method", "reading"]):
        assert (rows["reading"] == DROP).all() == (rows["level"] == "").all() == rows["accuracy_drop"].notna().all()
    at_drops = table[table["reading"] == DROP]
    for side in ("regime", "against"):
        assert_near(at_drops[f"{side}_accuracy_change"], -at_drops["accuracy_drop"], equal_nan=True)
    for share in ("shift", "pie_share", "excess_share"):
        apart = table[f"regime_{share}"] - table[f"against_{share}"]
        assert_near(table[f"{share}_difference"], apart, equal_nan=True)


@pytest.mark.slow
def test_a_level_is_what_the_cells_say(three: Frames, table: pd.DataFrame) -> None:
    shares = three["shares"].set_index(["regime", "method", "level", "quantity"])["estimate"]
    for row in table[table["reading"] == LEVEL].itertuples():
        for side, regime in (("regime", row.regime), ("against", row.against)):
            for share, quantity in zip(("pie_share", "excess_share", "shift"), WITHOUT, strict=True):
                assert getattr(row, f"{side}_{share}") == shares[regime, row.method, row.level, quantity]
            change = shares[regime, row.method, row.level, "accuracy_change"]
            assert getattr(row, f"{side}_accuracy_change") == pytest.approx(change)


@pytest.mark.slow
def test_a_regime_does_not_differ_from_itself(three: Frames) -> None:
    itself = together(*(renamed(three, "supervised", name) for name in ("supervised", "again")))
    found = regimes.build(itself)
    assert set(found["reading"]) == {LEVEL, DROP, DENSE_ACCURACY} and set(found["matching"]) <= {
        "",
        MATCHED,
        BETWEEN,
        BELOW,
    }
    assert set(found.loc[found["reading"] == DENSE_ACCURACY, "matching"]) == {MATCHED}
    known = found[(found["method"] != "gmp") | (found["reading"] != DROP)]
    for share, rows in (("pie_share", known), ("excess_share", found), ("shift", found)):
        difference, low, high = ends(rows, share).T
        assert (difference == 0).all() and np.isnan([low, high]).all()  # no seed moves it, so that nothing is claimed


@pytest.mark.slow
def test_the_order_of_seeds_and_of_regimes_changes_nothing_but_the_sign(three: Frames, table: pd.DataFrame) -> None:
    shuffled = three["seeds"].sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(_sorted(regimes.build({**three, "seeds": shuffled})), _sorted(table))
    back = regimes.build({**three, "seeds": three["seeds"].iloc[::-1]})
    for reading in (LEVEL, DROP):
        forth, reverse = (_sorted(found[found["reading"] == reading]) for found in (table, back))
        assert forth["regime"].tolist() == reverse["against"].tolist()
        assert_near(ends(forth), -ends(reverse)[:, [0, 2, 1]], atol=1e-12, equal_nan=True)


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["method", "regime", "reading", "level", "accuracy_drop"], ignore_index=True)


def test_the_nearest_dense_accuracy_is_chosen_and_said(three: Frames, table: pd.DataFrame) -> None:
    dense = three["seeds"].groupby("regime")["dense_accuracy"].mean()
    rows = table[table["reading"] == DENSE_ACCURACY]
    (pair,) = set(rows[["regime", "against"]].itertuples(index=False, name=None))
    gaps = {name: abs(dense[name] - dense["simclr"]) for name in ("supervised", "supervised_at5")}
    assert pair == (min(gaps, key=gaps.get), "simclr")
    assert rows["dense_accuracy_difference"].abs().to_numpy() == pytest.approx(min(gaps.values()))
    assert set(rows["matching"]) == {MATCHED if min(gaps.values()) <= 0.01 else NOT_MATCHED}
    assert not table.loc[table["reading"] != DENSE_ACCURACY, "regime"].str.contains("_at").any()


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [
        ({"sup": 0.98, "sup_at5": 0.95, "sim": 0.96, "sim_at9": 0.90}, ("sup_at5", "sim")),
        ({"sup": 0.98, "sup_at5": 0.95, "sim": 0.97, "sim_at9": 0.90}, ("sup", "sim")),
        ({"sup": 0.98, "sup_at5": 0.97, "sim": 0.99, "sim_at9": 0.978}, ("sup", "sim_at9")),
        ({"sup": 0.98, "sup_at5": 0.90, "sim": 0.50, "sim_at9": 0.40}, ("sup_at5", "sim")),
    ],
)
def test_an_earlier_stop_stands_in_for_its_own_plug_in_only(
    accuracy: dict[str, float], expected: tuple[str, str]
) -> None:
    known = pd.DataFrame({"regime": list(accuracy)})
    plugin = known["regime"].str.split("_").str[0]
    known = known.assign(regime_plugin=plugin, is_stopped=known["regime"].str.contains("_at"))
    assert nearest_pair(("sup", "sim"), known, accuracy) == expected
    assert nearest_pair(("sup", "sim"), known.assign(regime_plugin="sup"), accuracy) is None


def test_pairs_that_stay_apart_are_marked_and_not_dropped(three: Frames) -> None:
    seeds = three["seeds"]
    is_good = seeds["regime"] == "simclr"
    accuracy = seeds["dense_accuracy"].where(~is_good, seeds["dense_accuracy"] + 0.2)
    found = regimes.build({**three, "seeds": seeds.assign(dense_accuracy=accuracy)})
    rows = found[found["reading"] == DENSE_ACCURACY]
    assert len(rows) == 6 and set(rows["matching"]) == {NOT_MATCHED}
    assert (rows["dense_accuracy_difference"].abs() > 0.01).all()


def test_pies_of_independent_networks_are_unknown_below_the_mildest_level_and_their_excess_is_not(
    three: Frames,
) -> None:
    seeds = three["seeds"]
    change = seeds["level"].map({"0.50": -0.015, "0.70": -0.02, "0.80": -0.05, "0.90": -0.2, "0.95": -0.2})
    found = regimes.build({**three, "seeds": seeds.assign(compressed_accuracy=seeds["reference_accuracy"] + change)})
    at_drops = found[found["reading"] == DROP]
    assert at_drops["excess_share_difference"].notna().all()
    is_unknown = (at_drops["method"] == "gmp") & (at_drops["accuracy_drop"] < 0.015)
    assert is_unknown.sum() == 2
    assert at_drops["pie_share_difference"].isna().equals(is_unknown)
    assert (at_drops["matching"] == BELOW).equals(at_drops["accuracy_drop"] < 0.015)


def test_one_regime_gives_a_table_without_rows(three: Frames, table: pd.DataFrame) -> None:
    alone = regimes.build({kind: frame[frame["regime"] == "simclr"] for kind, frame in three.items()})
    assert len(alone) == 0 and list(alone.columns) == list(table.columns)
    stopped = {kind: frame[frame["regime"] != "simclr"] for kind, frame in three.items()}
    assert len(regimes.build(stopped)) == 0


def test_a_method_that_one_regime_lacks_is_left_out(three: Frames) -> None:
    is_lacking = {kind: (f["regime"] == "simclr") & (f["method"] == "gmp") for kind, f in three.items()}
    found = regimes.build({kind: frame[~is_lacking[kind]] for kind, frame in three.items()})
    assert set(found["method"]) == {"magnitude_global"}


def test_files_that_do_not_fit_are_refused_by_name(three: Frames) -> None:
    shares, seeds = three["shares"], three["seeds"]
    is_one = (shares["regime"] == "simclr") & (shares["level"] == "0.70")
    with pytest.raises(EmptyReport, match=r"no shares.*'simclr'.*'0\.70'"):
        regimes.build({**three, "shares": shares[~is_one]})
    is_lost = (seeds["level"] == "0.70") & (seeds["seed"] == 5)
    with pytest.raises(PopulationError, match="all seeds of every level"):
        regimes.build({**three, "seeds": seeds[~is_lost]})
    is_lost = (seeds["regime"] == "simclr") & (seeds["seed"] == 5)
    with pytest.raises(PopulationError, match="equal seeds or wholly other ones"):
        regimes.build({**three, "seeds": seeds[~is_lost]})


def test_regimes_of_other_seeds_are_independent(three: Frames, table: pd.DataFrame) -> None:
    moved = three["seeds"]["seed"] + 100 * (three["seeds"]["regime"] == "simclr")
    found = regimes.build({**three, "seeds": three["seeds"].assign(seed=moved)})
    assert_near(found["pie_share_difference"], table["pie_share_difference"], equal_nan=True)
    widths = [ends(t)[:, 2] - ends(t)[:, 1] for t in (found, table)]
    assert not is_near(*widths, equal_nan=True)


def told(table: pd.DataFrame, **changes: object) -> str:
    return " ".join(regime_comparison(table.assign(**changes)))


def test_headline_counts_the_intervals_that_exclude_zero(table: pd.DataFrame) -> None:
    text = told(table, shift_difference_low=-0.01, shift_difference_high=0.02, population=1.0)
    of = "the shift of predicted labels under magnitude_global, the one method that could be compared there, is "
    assert re.match(rf"Where compression costs \d points? of accuracy, {of}", text)
    apart = "these shifts cannot be told apart ("
    assert f" for supervised and simclr networks (between single networks); {apart}" in text
    assert "95 % interval −1.00 to +2.00): differences outside the interval are excluded, others are not" in text
    assert "gmp" not in text
    for low, high in ((0.01, 0.02), (-0.02, -0.01)):
        found = told(table, shift_difference_low=low, shift_difference_high=high)
        assert "; these shifts differ by " in found and "told apart" not in found
    near = table.assign(shift_difference_low=-0.004, shift_difference_high=0.009)
    assert "these shifts are equivalent within 1 point (" in " ".join(regime_comparison(near, 0.01))
    assert apart in " ".join(regime_comparison(near, 0.005)) and apart in told(near)
    second = table.assign(method=table["method"].replace("magnitude_global", "fold"), shift_difference_low=-1.0)
    both = pd.concat([table.assign(shift_difference_low=1.0, shift_difference_high=2.0), second])
    assert "excludes 0 for 1 of 2 methods (at most 0.1 expected by chance if none differed). The largest" in told(both)


def test_no_sentence_says_that_regimes_do_not_differ(table: pd.DataFrame) -> None:
    for low, high in ((-0.01, 0.02), (0.0, 0.0), (-0.5, 0.5), (-0.001, 0.001), (0.01, 0.02)):
        text = told(table, shift_difference_low=low, shift_difference_high=high)
        assert "not differ" not in text and "no difference" not in text


def test_headline_speaks_of_dense_accuracy_only_where_it_is_matched(table: pd.DataFrame) -> None:
    assert "dense accuracies within one point (" in told(table, matching=MATCHED)
    none = {"shift_difference_low": -1.0, "shift_difference_high": 1.0}
    assert "in none of 4 cells" in told(table, matching=MATCHED, **none)
    assert "dense" not in told(table, matching=NOT_MATCHED)


def test_headline_says_what_could_not_be_measured(table: pd.DataFrame) -> None:
    text = told(table, shift_difference_low=np.nan, shift_difference_high=np.nan)
    assert "how far the shifts of supervised and simclr networks differ could not be measured" in text
    assert "nan" not in text
    unmeasured = table.assign(matching=table["matching"].replace(BETWEEN, BELOW))
    for lacking in (table[table["reading"] == LEVEL], unmeasured):
        assert "none lies within the levels tried for both" in told(lacking)
    assert regime_comparison(table.iloc[:0]) == ()


def test_headlines_tell_of_regimes_where_there_are_several(three: Frames, table: pd.DataFrame) -> None:
    built = {spec.name: spec.build(three) for spec in (accuracy.SPEC, pies.SPEC, classes.SPEC)}
    facts = Facts("digits", "digits", 6)
    subjects = [headline.subject for headline in headlines({**built, "regimes": table}, facts)]
    assert subjects.count("Regimes") == 1 and subjects.index("Regimes") == 3
    assert "Regimes" not in [h.subject for h in headlines({**built, "regimes": table.iloc[:0]}, facts)]


@pytest.mark.parametrize("limits", [(2.8, 3.7), (0.1, 0.3), (-3.0, -2.5), (97.0, 101.0), (-2.0, 60.0)])
def test_an_axis_of_drops_can_be_read_however_narrow_it_is(limits: tuple[float, float]) -> None:
    axes = Figure().subplots()
    axes.set_xlim(*limits)
    drop_axis(axes)
    low, high = axes.get_xlim()
    assert low <= limits[0] < limits[1] <= high
    assert len(axes.get_xticks()) >= 2


def path(changes: np.ndarray, shares: np.ndarray) -> LevelCurve:
    """A curve with given changes of accuracy and PIE shares, levels x variants; excess and shift are half."""
    dense, zero = Jackknifed(np.full(changes.shape[1], 0.9)), Jackknifed(np.zeros(changes.shape[1]))
    readings = [
        Reading(dense, Jackknifed(change), Jackknifed(share), Jackknifed(share / 2), Jackknifed(share / 2))
        for change, share in zip(changes, shares, strict=True)
    ]
    names = tuple(f"0.{10 + level}" for level in range(len(changes)))
    return LevelCurve(tuple(range(len(zero.without))), names, tuple(readings), Reading(dense, zero, zero, zero, zero))


def walked(changes: np.ndarray, shares: np.ndarray, drop: float) -> float | None:
    """One replicate's share at a drop, segment by segment from the dense networks on."""
    points = [(0.0, 0.0), *zip(-changes, shares, strict=True)]
    for (drop_0, share_0), (drop_1, share_1) in pairwise(points):
        if drop_0 < drop <= drop_1:
            return float(share_0 + (share_1 - share_0) * (drop - drop_0) / (drop_1 - drop_0))
    return None


@given(st.integers(0, 2**31), st.integers(1, 5), st.floats(0.003, 0.3))
@settings(deadline=None, max_examples=60)
def test_a_drop_is_read_where_a_walk_along_the_levels_first_reaches_it(seed: int, levels: int, drop: float) -> None:
    generator = np.random.default_rng(seed)
    changes = -0.2 * generator.random(levels).cumsum()[:, None] + generator.normal(0, 0.03, (levels, 4))
    shares = generator.random((levels, 4))
    by_hand = [walked(changes[:, k], shares[:, k], drop) for k in range(4)]
    found = at_drop(path(changes, shares), drop)
    assert (found is None) == (None in by_hand)
    if found is not None:
        assert_near(found.pie_share.values, by_hand)
        assert_near(found.excess_share.values, found.pie_share.values / 2)
        assert_near(found.accuracy_change.values, -drop)


@given(st.integers(0, 2**31), st.integers(1, 5))
@settings(deadline=None, max_examples=30)
def test_a_measured_level_is_read_exactly(seed: int, levels: int) -> None:
    generator = np.random.default_rng(seed)
    change = -generator.random(levels).cumsum() / 5 - 0.001
    changes, shares = np.tile(change[:, None], (1, 4)), generator.random((levels, 4))
    for level in range(levels):
        found = at_drop(path(changes, shares), -change[level])
        assert found is not None and np.array_equal(found.pie_share.values, shares[level])
    assert at_drop(path(changes, shares), -change[-1] + 1e-6) is None


def simulated_curve(generator: np.random.Generator, start: np.ndarray, harm: float) -> LevelCurve:
    """A regime of simulated networks, compressed to four levels."""
    noise = start + generator.normal(0, 0.5**0.5, start.shape)
    size = start.shape[1]
    pairs = [simulated_pair(generator, num_examples=size, harm=harm * level, noise=noise) for level in (1, 2, 3, 4)]
    compared = [Compared(*pair, reference=pair[0], is_paired=True) for pair in pairs]
    changes = np.array([single_shares(one)["accuracy_change"].values for one in compared])
    return path(changes, np.array([_pie_share(pair) for pair in pairs]))


def _pie_share(pair: Pair) -> np.ndarray:
    ballots = contested(local_codes(pair[0].predictions, pair[1].predictions, pair[0].labels))
    return modal_shares(ballots, ties="smallest")["pie_share"].values


@pytest.mark.slow
def test_intervals_at_an_equal_accuracy_drop_cover_in_simulation() -> None:
    """The place depends on the seeds as well, which a share read at a fixed level would not know."""
    assert drop_covered(100) >= 0.90


def drop_covered(draws: int, drop: float = 0.06) -> float:
    generator = np.random.default_rng(7)
    found = []
    for _ in range(draws):
        start = generator.normal(0, 0.5**0.5, (10, 150, NUM_CLASSES))
        one, other = (at_drop(simulated_curve(generator, start, harm), drop) for harm in (0.5, 0.9))
        assert one is not None and other is not None
        found.append((one.pie_share, other.pie_share))
    truth = np.mean([one.whole - other.whole for one, other in found])
    intervals = [one.difference(other, has_same_seeds=True) for one, other in found]
    return float(np.mean([interval.low <= truth <= interval.high for interval in intervals]))
