"""Cost, latency and fair comparison: what is divided by what, and what is said of controls and families."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from lethe.compare.cells import in_order
from lethe.compare.traits import REFERENCE
from lethe.compress.spec import ActsOn
from lethe.core.levels import DENSE
from lethe.report import style
from lethe.report.figures import removed_parameters
from lethe.report.lines import looks
from lethe.report.table import readable, table_units
from lethe.report.tables import accuracy, comparison, cost, latency
from support.archive import archive, frames
from support.near import assert_near
from support.stated import traits

Frames = dict[str, pd.DataFrame]
CONTROLS = ("random", "channel_random", "fold_random", "small_dense")


@pytest.fixture(scope="module")
def made() -> Frames:
    """Real networks, and those of folding as another method of the same plug-in, without recalibration."""
    found = frames(archive(regimes=["supervised"]))
    for kind in ("cost", "shares", "latency"):
        rows = found[kind]
        raw = rows[rows["method"] == "fold"].assign(method="fold_raw", treatment="raw")
        found[kind] = in_order(pd.concat([rows, raw], ignore_index=True))
    return found


@pytest.mark.slow
def test_ratios_are_dense_over_this_and_removed_counts_zeros(made: Frames) -> None:
    table = cost.build(made).set_index(["method", "level"])
    means = made["cost"].groupby(["method", "level"]).mean(numeric_only=True)
    dense, fold, random = (table.loc[cell] for cell in ((DENSE, "0"), ("fold", "0.50"), ("random", "0.30")))
    assert dense["removed_parameters"] == 0 and dense["bytes_ratio"] == 1
    for name in ("parameters", "macs", "bytes", "deflated_bytes", "packed_bytes"):
        ratio = means.loc[(DENSE, "0"), name] / means.loc[("fold", "0.50"), name]
        assert fold[f"{name}_ratio"] == pytest.approx(ratio) and ratio > 1
    assert fold["removed_parameters"] == pytest.approx(1 - 1 / fold["parameters_ratio"])
    assert random["removed_parameters"] == pytest.approx(0.3, abs=0.01)  # biases and batch-norm stay
    assert random["parameters"] == dense["parameters"] and random["bytes_ratio"] == 1
    assert random["deflated_bytes_ratio"] > 1.1
    assert table.loc[("quantize", "3"), "arithmetic"] == "simulated in float32"
    assert fold["arithmetic"] == "float32"


def test_zeros_that_are_made_by_rounding_are_not_removed_in_any_table(made: Frames) -> None:
    """Three bits round a third of the weights to 0, and every statement says that quantisation removes none."""
    stored = cost.build(made).set_index("method").loc["quantize"]
    assert stored["nonzero_parameters"] < 0.9 * stored["parameters"]
    for build in (cost.build, comparison.build, latency.build):
        table = build(made)
        assert (table.loc[table["method"] == "quantize", "removed_parameters"] == 0).all()
    assert cost.build(made).set_index("method").loc["random", "removed_parameters"] > 0.2


def test_what_was_achieved_stands_beside_the_level(made: Frames) -> None:
    known = {"fold": 0.625, "random": 0.3}
    said = {kind: rows.assign(achieved=rows["method"].map(known)) for kind, rows in made.items() if "method" in rows}
    for build in (cost.build, comparison.build, latency.build, accuracy.build):
        table = build(said)
        achieved = table.groupby("method")["achieved"].unique()
        assert achieved["fold"] == [0.625] and achieved["random"] == [0.3] and np.isnan(achieved["quantize"]).all()
        assert list(table).index("achieved") < list(table).index("treatment") + 3


def test_removed_is_a_mean_over_seeds(made: Frames) -> None:
    uneven = made["cost"].copy()
    (parameters,) = set(uneven.loc[uneven["method"] == DENSE, "parameters"])
    is_fold = uneven["method"] == "fold"
    uneven.loc[is_fold, "nonzero_parameters"] = parameters // 10 * np.array([1, 2, 3, 4, 5, 6])
    table = cost.build({"cost": uneven}).set_index(["method", "level"])
    assert table.loc[("fold", "0.50"), "removed_parameters"] == pytest.approx(0.65, abs=1e-3)


def test_latency_keeps_the_measurements_and_adds_what_was_removed(made: Frames) -> None:
    table = latency.build(made)
    for name in ("speedup", "milliseconds", "speedup_low"):
        np.testing.assert_array_equal(table[name], made["latency"][name])
    fold = table[table["method"] == "fold"]
    assert fold["batch"].tolist() == [1, 8]
    removed = cost.build(made).set_index("method").loc["fold", "removed_parameters"]
    assert_near(fold["removed_parameters"], removed)


def test_one_dense_network_has_one_time_and_its_range(made: Frames) -> None:
    """Beside every level it is timed again; a page that shows .32 and .98 ms for one network helps nobody."""
    rows = made["latency"].assign(dense_milliseconds=np.linspace(0.32, 0.98, len(made["latency"])))
    table = latency.build({**made, "latency": rows})
    for _, same in table.groupby(["regime", "batch"]):
        assert same["dense"].nunique() == 1
        assert same["dense"].iloc[0] == pytest.approx(same["dense_milliseconds"].median())
        assert set(same["dense_low"]) == {same["dense_milliseconds"].min()}
        assert set(same["dense_high"]) == {same["dense_milliseconds"].max()}
    shown = {column.heading for column in readable(latency.SPEC, table, table_units("latency"))}
    assert "dense (ms)" in shown and "dense milliseconds (ms)" not in shown


def test_load_of_other_programs_is_shown_where_it_was_recorded(made: Frames) -> None:
    rows = made["latency"].assign(other_load=[0.0, 1.5] + [np.nan] * (len(made["latency"]) - 2))
    columns = readable(latency.SPEC, latency.build({**made, "latency": rows}), table_units("latency"))
    (load,) = [column for column in columns if column.heading == "other load (cores)"]
    assert load.texts[:3] == ("0", "1.5", "–")


def test_comparison_says_which_networks_are_independent(made: Frames) -> None:
    table = comparison.build(made)
    assert set(table.loc[table["pairing"] == "independent", "method"]) == {"small_dense"}
    rows = made["shares"]
    pie = rows[(rows["quantity"] == "pie_share") & (rows["role"] != REFERENCE)]["estimate"]
    np.testing.assert_array_equal(table["pie_share"], pie)


def test_methods_of_one_plug_in_and_different_treatments_have_one_colour(made: Frames) -> None:
    table = comparison.build(made)
    found = looks(table)
    assert found["fold"].color == found["fold_raw: raw"].color and found["fold"] != found["fold_raw: raw"]
    again = pd.concat([table, table[table["method"] == "fold"].assign(method="fold_again")])
    assert len({looks(again)[name].color for name in ("fold", "fold_raw: raw", "fold_again")}) == 2


def controls(*names: str) -> pd.DataFrame:
    """Rows of methods that are there to be compared with."""
    return pd.DataFrame([traits(name) | {"method": name, "treatment": "raw"} for name in names])


def test_every_line_can_be_told_from_every_other() -> None:
    methods = pd.DataFrame([traits("fold")] * 12).assign(method=[f"method{n}" for n in range(12)])
    rows = pd.concat([methods.assign(plugin=methods["method"]), controls(*CONTROLS)]).assign(treatment="raw")
    found = looks(rows)
    drawn = {(look.color, look.marker, look.dash) for look in found.values()}
    assert len(drawn) == len(rows) == len(found)
    assert list(found)[-len(CONTROLS) :] == list(CONTROLS)
    assert not {found[name].color for name in CONTROLS} & set(style.PALETTE)


@pytest.mark.parametrize("acts_on", [*get_args(ActsOn), "something else"])
def test_a_random_control_of_whatever_kind_is_drawn(acts_on: str) -> None:
    rows = controls("random", "small_dense").assign(acts_on=[acts_on, "channels"])
    assert len({look.marker for look in looks(rows).values()}) == 2


def test_a_control_looks_the_same_whichever_others_there_are() -> None:
    again = controls("random").assign(method="random_again")
    table = pd.concat([controls("small_dense", "random"), again], ignore_index=True)
    assert looks(table)["small_dense"] == looks(table.iloc[:1])["small_dense"]
    assert looks(table)["random"] != looks(table)["random_again"]


@pytest.mark.slow
def test_the_fair_figure_has_no_panel_for_quantisation_alone(made: Frames) -> None:
    table = comparison.build(made)
    shown = table[(table["regime"] == "supervised") & table["method"].isin(["fold", "quantize", "small_dense"])]
    with style.applied():
        figure = removed_parameters.build({"comparison": shown})
        alone = removed_parameters.build({"comparison": shown[shown["method"] == "quantize"]})
    assert all(ax.lines for ax in figure.axes) and "quantize" not in str(figure.legends[0].get_texts())
    assert not alone.axes and [text.get_text() for text in alone.texts] == [removed_parameters.NOTHING]


@pytest.mark.parametrize("count", [1, 3, 14])
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_a_legend_fits_its_figure(count: int, columns: int) -> None:
    with style.applied():
        figure = Figure(figsize=(max(6.4, 4.4 * columns), 3.2), layout="constrained")
        style.legend(figure, {f"magnitude_layerwise{n}": style.look(n) for n in range(count)})
        figure.draw_without_rendering()
        box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.x1
