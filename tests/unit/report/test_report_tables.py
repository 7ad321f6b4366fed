"""Identities inside the tables, and the rules that choose what is shown."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from lethe.compare.cells import pick
from lethe.compare.frames import require
from lethe.compare.traits import is_control
from lethe.compare.verdict import (
    CHANGED,
    MOVED,
    SCATTERED,
    SIGNIFICANT,
    UNCLEAR,
    UNMEASURED,
    telling_level,
    verdict,
)
from lethe.core import registry
from lethe.report.figures.agreement import weighted_quantile
from lethe.report.table import readable, table_units, with_class_names
from lethe.report.tables import gallery
from lethe.store.schema import name_column
from support.near import assert_near

Frames = dict[str, pd.DataFrame]
FINITE = st.floats(-1, 1, allow_nan=False)


@pytest.mark.slow
def test_kinds_add_up_to_the_pie_share(tables: Frames) -> None:
    table = tables["pies"]
    assert_near(table["lost_share"] + table["gained_share"] + table["swapped_share"], table["pie_share"])
    assert_near(table["pies"] / table["examples"], table["pie_share"])
    assert_near(table["cross_share"] - table["null_share"], table["excess_share"])


@pytest.mark.slow
def test_change_is_compressed_minus_reference(tables: Frames) -> None:
    table = tables["accuracy"]
    assert_near(table["compressed_accuracy"] - table["reference_accuracy"], table["accuracy_change"], atol=1e-12)


@pytest.mark.slow
def test_q_is_benjamini_hochberg_over_all_that_is_no_control(cells: Frames, tables: Frames) -> None:
    controls = set(cells["classes"].loc[is_control(cells["classes"]), "method"])
    is_claimed = ~tables["classes"]["method"].isin(controls)
    claimed = tables["classes"][is_claimed]
    assert controls and tables["classes"].loc[~is_claimed, "q"].isna().all()
    assert_near(claimed["q"], false_discovery_control(claimed["p_paired"]))
    assert (claimed["q"] >= claimed["p_paired"] - 1e-12).all()


def test_naive_accuracy_on_pies_and_others_mixes_to_all(tables: Frames) -> None:
    table = tables["pie_accuracy"]
    share = require(tables, "pies")["pie_share"].repeat(2).to_numpy()
    mixed = share * table["naive_accuracy_on_pies"].fillna(0) + (1 - share) * table["naive_accuracy_on_others"]
    assert_near(mixed, table["accuracy_on_all"])
    assert table["scored"].tolist() == ["dense", "compressed"] * (len(table) // 2)


def test_agreement_counts_every_example_once(cells: Frames, tables: Frames) -> None:
    keys = ["regime", "method", "level"]
    counted = tables["agreement"].groupby(keys)["examples"].sum()
    assert counted.equals(require(cells, "pies").groupby(keys).size().rename("examples"))
    assert_near(tables["agreement"].groupby([*keys, "group"])["share_of_group"].sum(), 1)


def test_gallery_shows_the_furthest_pies_of_the_telling_level(cells: Frames, tables: Frames) -> None:
    shown = tables["gallery"][tables["gallery"]["note"] == ""]
    assert shown["method"].nunique() > 1
    assert (shown["q"] > 0.05).all()  # six seeds and sixty images: none is reliably lost
    for (regime, method), rows in shown.groupby(["regime", "method"]):
        level = telling_level(pick(tables["pies"], regime=regime, method=method))
        assert set(rows["level"]) == {level}
        pies = pick(cells["pies"], regime=regime, method=method, level=level).query("is_pie")
        expected = sorted(pies["margin_shift"].abs(), reverse=True)[: gallery.SHOWN]
        assert_near(rows["margin_shift"].abs(), expected)


def test_gallery_shows_what_is_lost_for_sure_first_then_what_is_gained(cells: Frames, tables: Frames) -> None:
    shown = tables["gallery"][tables["gallery"]["note"] == ""]
    regime, method, level = shown[["regime", "method", "level"]].iloc[0]
    tests = cells["image_tests"]
    of_cell = (tests["regime"] == regime) & (tests["method"] == method) & (tests["level"] == level)
    ids = tests.loc[of_cell, "example_id"].tolist()
    lost, gained = ids[3:5], ids[7:8]
    planted = tests.assign(
        reliably_lost=of_cell & tests["example_id"].isin(lost),
        reliably_gained=of_cell & tests["example_id"].isin(gained),
    )
    found = gallery.build({**cells, "image_tests": planted})
    found = pick(found, regime=regime, method=method)["example_id"].tolist()
    assert set(found[:2]) == set(lost) and found[2:3] == gained


def test_gallery_names_files_where_pies_have_paths(cells: Frames) -> None:
    pies = cells["pies"]
    named = gallery.build(cells | {"pies": pies.assign(path="test/" + pies["example_id"].astype(str) + ".png")})
    shown = named["note"] == ""
    assert shown.any()
    assert named.loc[shown, "path"].tolist() == [f"test/{i}.png" for i in named.loc[shown, "example_id"]]
    assert (named.loc[~shown, "path"] == "").all()
    assert "path" not in gallery.build(cells)


@pytest.mark.parametrize("name", ["gallery", "classes"])
def test_names_of_classes_stand_beside_labels_and_people_see_them_once(tables: Frames, name: str) -> None:
    names = {0: "$bee_", 1: "cät", 2: "dog"}
    spec, units = registry.load(registry.TABLES, name), table_units(name)
    labels = [column for column in tables[name] if units.get(column) == "class"]
    named = with_class_names(tables[name], units, names)
    assert labels and with_class_names(tables[name], units, {}).equals(tables[name])
    for label in labels:
        expected = ["" if pd.isna(value) else names[value] for value in named[label]]
        assert named[name_column(label)].tolist() == expected
    printed, alone = readable(spec, named, units), readable(spec, tables[name], units, names)
    assert [column.heading for column in printed] == [column.heading for column in alone]
    assert [column.texts for column in printed] == [column.texts for column in alone]


def test_gallery_says_when_there_is_nothing_to_show(cells: Frames) -> None:
    noise = cells["tests"].copy()
    noise.loc[noise["method"] == "random", "p_swap"] = 0.5
    table = gallery.build({**cells, "tests": noise})
    row = table[table["method"] == "random"]
    assert row["note"].tolist() == [gallery.NONE] and row["example_id"].isna().all() and row["level"].tolist() == [""]
    unknown = cells["tests"].assign(p_swap=np.nan)
    assert set(gallery.build({**cells, "tests": unknown})["note"]) == {gallery.UNKNOWN}
    no_image = {
        "pies": cells["pies"].assign(is_pie=False),
        "image_tests": cells["image_tests"].assign(reliably_lost=False, reliably_gained=False),
    }
    table = gallery.build({**cells, **no_image})
    assert {gallery.NO_IMAGE} <= set(table["note"]) <= {gallery.NO_IMAGE, gallery.NONE}


@given(st.floats(0, 1), FINITE, FINITE)
def test_the_test_says_whether_and_the_intervals_say_how(p: float, shift_low: float, spread_low: float) -> None:
    found = verdict(p, shift_low, spread_low)
    assert (found == UNCLEAR) == (p > SIGNIFICANT)
    if p <= SIGNIFICANT:
        assert (found == MOVED) == (shift_low > 0)
        assert (found == SCATTERED) == (shift_low <= 0 < spread_low)
        assert (found == CHANGED) == (max(shift_low, spread_low) <= 0)
        assert verdict(p, float("nan"), float("nan")) == CHANGED
    assert verdict(float("nan"), shift_low, spread_low) == UNMEASURED


@pytest.mark.parametrize(
    ("levels", "words", "expected"),
    [
        (["0.50", "0.90"], [UNCLEAR, SCATTERED], "0.90"),
        (["0.90", "0.50"], [MOVED, CHANGED], "0.50"),
        (["4", "8"], [MOVED, MOVED], "8"),
        (["0.50", "0.90"], [UNCLEAR, UNMEASURED], None),
    ],
)
def test_telling_level_is_the_mildest_with_a_change(levels: list[str], words: list[str], expected: str | None) -> None:
    kind = "sparsity" if "." in levels[0] else "bits"
    assert telling_level(pd.DataFrame({"level": levels, "level_kind": kind, "verdict": words})) == expected


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(1, 9)), min_size=1, max_size=12), st.sampled_from([0.1, 0.9])
)
def test_weighted_quantile_is_that_of_repeated_values(pairs: list[tuple[int, int]], at: float) -> None:
    pairs = sorted(pairs)
    values, weights = (np.array(part) for part in zip(*pairs, strict=True))
    repeated = np.repeat(values, weights)
    assert weighted_quantile(values, weights, at) == np.quantile(repeated, at, method="inverted_cdf")
