"""What the figures draw is what the tables say: markers and bars are read back from the axes."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import seaborn.objects as so
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from lethe.compare.level import positions
from lethe.compare.traits import REFERENCE
from lethe.compare.verdict import MOVED, SHIFT
from lethe.core import registry
from lethe.report import lines, style
from lethe.report.panels import draw, few_columns, without_lone_points
from support.near import assert_near

pytestmark = pytest.mark.slow

Frames = dict[str, pd.DataFrame]
Rows = Callable[[Frames], pd.DataFrame]


def built(name: str, tables: Frames) -> Figure:
    with style.applied():
        return registry.load(registry.FIGURES, name).build(tables)


def axes_of(figure: Figure, label: str = "") -> list[Axes]:
    return [ax for ax in figure.axes if ax.get_visible() and ax.get_ylabel().startswith(label)]


def markers(axes: list[Axes], side: int = 1) -> np.ndarray:
    """Coordinates of all markers, sorted."""
    dots = [part for ax in axes for part in ax.collections if isinstance(part, PathCollection)]
    return np.sort(np.concatenate([np.asarray(part.get_offsets())[:, side] for part in dots]))


def bars(axes: list[Axes], side: int = 1) -> np.ndarray:
    """Ends of all bars, sorted."""
    found = [part for ax in axes for part in ax.collections if isinstance(part, LineCollection)]
    segments = [np.asarray(segment)[:, side] for part in found for segment in part.get_segments()]
    return np.array(sorted(map(tuple, segments)))


def expected(rows: pd.DataFrame, quantity: str, lowest: float = -np.inf) -> tuple[np.ndarray, np.ndarray]:
    """Values and interval ends of a quantity in percent, sorted."""
    ends = 100 * rows[[f"{quantity}_low", f"{quantity}_high"]].dropna().to_numpy()
    return np.sort(100 * rows[quantity].to_numpy()), np.array(sorted(map(tuple, np.maximum(ends, lowest))))


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """References are no points; the archive's only method on bits has one level, which would be alone in its panel."""
    return rows[(rows["method"] != "quantize") & (rows["role"] != REFERENCE)]


@pytest.mark.parametrize(
    ("name", "label", "rows", "quantity", "lowest"),
    [
        ("accuracy", "", lambda t: shown(t["accuracy"]), "compressed_accuracy", -np.inf),
        ("pie_share", "PIE", lambda t: shown(t["pies"]), "pie_share", 0.0),
        ("pie_share", "shift", lambda t: shown(t["pies"]), SHIFT, -np.inf),
        ("removed_parameters", "acc", lambda t: shown(t["comparison"]), "compressed_accuracy", -np.inf),
        ("removed_parameters", "PIE", lambda t: shown(t["comparison"]), "pie_share", 0.0),
        ("latency", "", lambda t: t["latency"], "speedup", -np.inf),
        ("training_size", "", lambda t: t["generalisation"].query("label_noise == 0"), "test_accuracy", -np.inf),
    ],
)
def test_markers_and_bars_are_the_tables_values_and_intervals(
    tables: Frames, name: str, label: str, rows: Rows, quantity: str, lowest: float
) -> None:
    axes = axes_of(built(name, tables), label)
    factor = 0.01 if name == "latency" else 1.0
    values, ends = expected(rows(tables), quantity, lowest)
    assert_near(markers(axes), factor * values)
    assert_near(bars(axes), factor * ends)


def test_every_method_has_its_own_values_in_its_own_colour_at_its_levels(tables: Frames) -> None:
    table = shown(tables["accuracy"])
    looks = lines.looks(tables["accuracy"])
    figure = built("accuracy", tables)
    for (regime, kind), own in table.groupby(["regime", "level_kind"], sort=False):
        titles = [ax for ax in axes_of(figure) if ax.get_title(loc="left") == regime]
        (ax,) = [ax for ax in titles if ax.get_xlabel() == lines.AXES[str(kind)]]
        dots = [part for part in ax.collections if isinstance(part, PathCollection)]
        by_color = {to_rgb(tuple(part.get_edgecolors()[0])): np.asarray(part.get_offsets()) for part in dots}
        assert len(by_color) == own["method"].nunique()
        for method, rows in own.groupby("method", sort=False):
            at = by_color[to_rgb(looks[str(method)].color)]
            assert_near(at[:, 1], 100 * rows["compressed_accuracy"])
            assert np.abs(at[:, 0] - positions(rows)).max() <= 3  # side by side, and no further


def test_a_shift_is_filled_where_labels_are_shown_to_have_moved(tables: Frames) -> None:
    table = shown(tables["pies"])
    above = np.sort(100 * table.loc[table["verdict"] == MOVED, SHIFT])
    filled = []
    for ax in axes_of(built("pie_share", tables), "shift"):
        for part in (part for part in ax.collections if isinstance(part, PathCollection)):
            is_filled = np.asarray(part.get_facecolors())[:, :3].min(axis=1) < 1
            filled.extend(np.asarray(part.get_offsets())[is_filled, 1])
    assert 0 < len(filled) < len(table)
    assert_near(np.sort(filled), above)


@pytest.mark.parametrize(
    "name", ["accuracy", "pie_share", "removed_parameters", "by_size", "agreement", "class_recall"]
)
def test_of_several_splits_the_test_images_are_drawn(tables: Frames, name: str) -> None:
    """The other split stands first, and its numbers are drawn nowhere."""
    both = {
        table: pd.concat([rows.assign(split="validation"), rows], ignore_index=True) if "split" in rows else rows
        for table, rows in tables.items()
    }
    drawn, expected_drawing = built(name, both), built(name, tables)
    assert len(axes_of(drawn)) == len(axes_of(expected_drawing))
    texts = [[text.get_text() for text in figure.findobj(Text)] for figure in (drawn, expected_drawing)]
    assert texts[0] == texts[1]


def test_what_is_left_out_is_named(tables: Frames) -> None:
    for name in ("accuracy", "pie_share"):
        assert "quantize at 3 bits (supervised)" in built(name, tables).get_supxlabel().replace("\n", " ")


@pytest.mark.parametrize("name", ["probes", "generalisation"])
def test_points_of_regimes_are_the_tables_values_and_intervals(tables: Frames, name: str) -> None:
    table, quantity = (tables["probes"], "accuracy") if name == "probes" else (tables["generalisation"], "")
    axes = axes_of(built(name, tables))
    if name == "generalisation":
        own, axes = table[table["twin"] == "none"], axes[:1]
        found = [expected(own, f"{which}_accuracy") for which in ("train", "test", "corrupted_test")]
        values = np.sort(np.concatenate([value for value, _ in found]))
        ends = np.array(sorted(tuple(pair) for _, pairs in found for pair in pairs))
    else:
        values, ends = expected(table, quantity)
    assert_near(markers(axes, side=0), values)
    assert_near(bars(axes, side=0), ends)


def test_sizes_have_the_cross_shares_and_the_null_beside(tables: Frames) -> None:
    controls = {"random", "fold_random", "small_dense"}
    table = tables["by_size"][~tables["by_size"]["method"].isin(controls)]
    figure = built("by_size", tables)
    drawn = np.sort(np.concatenate([line.get_ydata() for ax in axes_of(figure) for line in ax.lines]))
    nulls = table.drop_duplicates(["regime", "method", "models"])["null_share"]
    assert_near(drawn, np.sort(100 * np.concatenate([table["cross_share"], nulls])))


def rows_of(panels: dict[tuple[str, str], int]) -> pd.DataFrame:
    """So many points in each panel."""
    parts = [
        pd.DataFrame({"row": row, "column": column, "x": range(count), "y": 0.0, "line": "a"})
        for (row, column), count in panels.items()
    ]
    return pd.concat(parts, ignore_index=True).assign(low=np.nan, high=np.nan)


def test_panels_without_rows_are_left_empty_and_every_other_can_be_read_by_its_axes() -> None:
    rows = rows_of({("a", "w"): 3, ("a", "b"): 2, ("c", "w"): 2, ("d", "b"): 2})
    words = {"w": "weights", "b": "bits"}
    with style.applied():
        drawing = draw(lines.plot(rows, {"a": style.look(0)}), rows, x=words, y="share", share_x="col")
    assert [(panel.row, panel.column) for panel in drawing.panels] == [("a", "w"), ("a", "b"), ("c", "w"), ("d", "b")]
    says_x = [panel.ax.xaxis.label.get_visible() for panel in drawing.panels]
    says_y = [panel.ax.yaxis.label.get_visible() for panel in drawing.panels]
    assert says_x == [False, False, True, True] and says_y == [True, False, True, True]
    assert [panel.ax.get_xlabel() for panel in drawing.panels] == ["weights", "bits", "weights", "bits"]


@pytest.mark.parametrize("count", [1, 2, 5, 7])
def test_a_single_row_or_column_of_panels_is_wrapped_evenly(count: int) -> None:
    for panels in ({("", f"m{n}"): 2 for n in range(count)}, {(f"r{n}", ""): 2 for n in range(count)}):
        rows = rows_of(panels)
        with style.applied():
            drawing = draw(so.Plot(rows, x="x", y="y").add(so.Line()), rows, x="x", y="y", size=(4.0, 1.0))
        assert [(panel.row, panel.column) for panel in drawing.panels] == list(panels)
        assert drawing.figure.get_figwidth() <= 12.5


def test_only_points_of_about_one_level_are_moved_apart_and_by_little() -> None:
    rows = rows_of({("a", "w"): 4})
    beside = lines.side_by_side(rows.assign(line=list("abcd"), x=[10, 50, 50, 90]))
    assert_near(beside["x"], [10, 50 - 0.72, 50 + 0.72, 90])
    alone = lines.side_by_side(rows.assign(line=list("abcd"), x=50))
    assert alone["x"].mean() == 50 and alone["x"].is_monotonic_increasing and alone["x"].nunique() == 4


def test_lone_points_and_columns_beyond_the_page_are_named() -> None:
    rows = rows_of({("a", "w"): 3, ("a", "b"): 1})
    kept, said = without_lone_points(rows, "cell " + rows["x"].astype(str))
    assert set(kept["column"]) == {"w"} and "cell 0 (a)" in said
    lone = rows[rows["column"] == "b"]
    assert without_lone_points(lone, lone["column"])[0].equals(lone)
    wide = rows_of({(row, f"m{n}"): 2 for row in "ab" for n in range(8)})
    kept, said = few_columns(wide)
    assert set(wide["column"]) - set(kept["column"]) == {"m6", "m7"} and said.endswith("m6, m7.")


@pytest.mark.parametrize(("limits", "expected"), [((0.2, 30.0), [1, 10]), ((2.0, 3.0), [1, 10]), ((20.0, 30.0), [10])])
def test_an_axis_has_two_ticks_where_there_are_two(limits: tuple[float, float], expected: list[int]) -> None:
    assert style.ticks_within(limits, (1, 10)) == expected
