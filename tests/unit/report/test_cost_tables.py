"""Cost, latency and fair comparison: what is divided by what, and what is said of controls and families."""

import numpy as np
import pandas as pd
import pytest

from lethe.core.levels import DENSE
from lethe.report import style
from lethe.report.figures import removed_parameters
from lethe.report.lines import family_names, looks, panels, treatments
from lethe.report.tables import comparison, cost, latency
from unit.report.synthetic_cells import DENSE_PARAMETERS, Made, frames, traits

Frames = dict[str, pd.DataFrame]
CONTROLS = ("random", "channel_random", "fold_random", "small_dense")
MADE = Made(
    regimes=("supervised", "simclr"),
    levels=(("fold", ("0.50",)), ("fold_raw", ("0.50",)), ("random", ("0.50", "0.90")), ("bits", ("8",)),
            ("small_dense", ("0.50",))),
    examples=40,
    seeds=4,
)  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Frames:
    return frames(MADE)


def test_ratios_are_dense_over_this_and_removed_counts_zeros(made: Frames) -> None:
    table = cost.build(made).set_index(["regime", "method", "level"])
    for regime in MADE.regimes:
        dense, fold, random = (
            table.loc[(regime, *cell)] for cell in ((DENSE, "0"), ("fold", "0.50"), ("random", "0.90"))
        )
        assert dense["removed_parameters"] == 0 and dense["bytes_ratio"] == 1
        assert fold["removed_parameters"] == pytest.approx(0.75, abs=1e-6)
        assert fold["parameters_ratio"] == pytest.approx(4, abs=1e-5)
        assert fold["macs_ratio"] == pytest.approx(dense["macs"] / fold["macs"])
        assert random["removed_parameters"] == pytest.approx(0.9, abs=1e-6)
        assert random["parameters"] == DENSE_PARAMETERS and random["bytes_ratio"] == 1
        assert random["deflated_bytes_ratio"] > 9
        assert table.loc[(regime, "bits", "8"), "arithmetic"] == "simulated in float32"
        assert fold["arithmetic"] == "float32"


def test_removed_is_a_mean_over_seeds(made: Frames) -> None:
    uneven = made["cost"].copy()
    is_fold = (uneven["method"] == "fold") & (uneven["regime"] == "supervised")
    uneven.loc[is_fold, "nonzero_parameters"] = DENSE_PARAMETERS * np.array([1, 2, 3, 4]) // 10
    table = cost.build({"cost": uneven}).set_index(["regime", "method", "level"])
    assert table.loc[("supervised", "fold", "0.50"), "removed_parameters"] == pytest.approx(0.75, abs=1e-6)


def test_latency_keeps_the_measurements_and_adds_what_was_removed(made: Frames) -> None:
    table = latency.build(made)
    for name in ("speedup", "milliseconds", "speedup_low"):
        np.testing.assert_array_equal(table[name], made["latency"][name])
    fold = table[(table["method"] == "fold") & (table["regime"] == "simclr")]
    assert fold["batch"].tolist() == [1, 256]
    np.testing.assert_allclose(fold["removed_parameters"], 0.75, atol=1e-6)


def test_comparison_says_which_networks_are_independent(made: Frames) -> None:
    table = comparison.build(made)
    assert set(table.loc[table["pairing"] == "independent", "method"]) == {"small_dense"}
    pie = made["shares"][made["shares"]["quantity"] == "pie_share"]["estimate"]
    np.testing.assert_array_equal(table["pie_share"], pie)


def test_methods_of_one_plug_in_and_different_treatments_are_one_family(made: Frames) -> None:
    table = comparison.build(made)
    names = dict(zip(table["method"], family_names(table), strict=True))
    assert names["fold"] == names["fold_raw"] == "fold"
    again = pd.concat([table, table[table["method"] == "fold"].assign(method="fold_again")])
    names = dict(zip(again["method"], family_names(again), strict=True))
    assert [names[name] for name in ("fold", "fold_raw", "fold_again")] == ["fold", "fold_raw", "fold_again"]


def test_panels_are_treatments_of_post_hoc_methods_with_the_small_network_in_each(made: Frames) -> None:
    table = comparison.build(made)
    assert treatments(table) == ["recalibrated", "raw"]
    channels = [panel for panel in panels(table) if panel.kind == "channel_sparsity"]
    assert len(channels) == 2 * len(MADE.regimes)
    assert all("small_dense" in set(panel.rows["method"]) for panel in channels)
    alone = table[table["method"] == "small_dense"]
    assert treatments(alone) == ["trained"]


def controls(*names: str) -> pd.DataFrame:
    """Rows of methods that are there to be compared with."""
    return pd.DataFrame([traits(name) | {"method": name, "treatment": "raw"} for name in names])


def test_every_line_can_be_told_from_every_other() -> None:
    methods = pd.DataFrame([traits("fold")] * 12).assign(method=[f"method{n}" for n in range(12)])
    rows = pd.concat([methods.assign(plugin=methods["method"]), controls(*CONTROLS)]).assign(treatment="raw")
    found = looks(rows)
    drawn = {(look["color"], look["marker"], str(look["linestyle"])) for look in found.values()}
    assert len(drawn) == len(rows) == len(found)
    assert list(found)[-len(CONTROLS) :] == list(CONTROLS)
    assert not {found[name]["color"] for name in CONTROLS} & set(style.PALETTE)


def test_a_control_looks_the_same_whichever_others_there_are() -> None:
    again = controls("random").assign(method="random_again")
    table = pd.concat([controls("small_dense", "random"), again], ignore_index=True)
    assert looks(table)["small_dense"] == looks(table.iloc[:1])["small_dense"]
    assert looks(table)["random"] != looks(table)["random_again"]


def test_the_fair_figure_has_no_panel_for_quantisation_alone(made: Frames) -> None:
    table = comparison.build(made)
    shown = table[(table["regime"] == "supervised") & table["method"].isin(["fold", "bits", "small_dense"])]
    with style.applied():
        figure = removed_parameters.build({"comparison": shown})
        alone = removed_parameters.build({"comparison": shown[shown["method"] == "bits"]})
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["recalibrated", ""]
    assert [text.get_text() for text in alone.axes[0].texts] == [removed_parameters.NOTHING]


@pytest.mark.parametrize("count", [1, 3, 14])
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_a_legend_fits_its_figure(count: int, columns: int) -> None:
    with style.applied():
        figure, _ = style.grid(1, columns)
        style.legend(figure, {f"magnitude_layerwise{n}": style.look(n) for n in range(count)})
        figure.draw_without_rendering()
        box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.x1
