"""Accuracy on clean and on corrupted images, dense networks beside the compressed ones that are as good when clean."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lethe.compare.cells import CELL, pick
from lethe.compare.frames import Frames, require
from lethe.compare.level import levels
from lethe.compare.traits import is_control
from lethe.compare.verdict import knee_level, mildest_level
from lethe.report import lines, style
from lethe.report.panels import draw, few_columns
from lethe.report.spec import FigureSpec
from lethe.report.style import Look

_DENSE = "dense networks"
_POPULATIONS = ("dense", "compressed")


def build(frames: Frames) -> Figure:
    """One panel per regime and corruption, accuracy against severity from the clean images on."""
    table = require(frames, "corruptions")
    shown = told_cells(table)
    looks = _looks(shown)
    points = pd.concat([_points(shown, population) for population in _POPULATIONS], ignore_index=True)
    rows, left_out = few_columns(_costly_first(points))
    size = (3.4, 2.2) if rows["column"].nunique() < 4 else (2.4, 2.0)
    plot = lines.plot(lines.side_by_side(rows), looks)
    drawing = draw(plot, rows, x="severity (0: clean images)", y="accuracy (%)", size=size)
    for panel in drawing.panels:
        panel.ax.set_xticks(sorted(set(rows["x"].astype(int))))
        if rows["column"].nunique() == 1:
            panel.ax.set_title("\n".join(filter(None, [panel.row, panel.column])))
    style.legend(drawing.figure, lines.drawn_looks(looks, rows))
    style.note(drawing.figure, left_out)
    return drawing.figure


def told_cells(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of one level per method and regime: the harshest that is within a point of dense on clean images.

    The mildest where none is. Networks that are worse already on clean images would tell nothing about robustness.
    """
    change = table["clean_compressed_accuracy"] - table["clean_dense_accuracy"]
    clean = table.assign(accuracy_change=change).drop_duplicates(CELL)
    chosen = {
        cell: knee_level(rows) or mildest_level(rows) for cell, rows in clean.groupby(["regime", "method"], sort=False)
    }
    wanted = [chosen[regime, method] for regime, method in zip(table["regime"], table["method"], strict=True)]
    shown = table[table["level"] == wanted]
    return shown.assign(line=shown["method"].map({method: _named(method, shown) for method in set(shown["method"])}))


def _named(method: str, shown: pd.DataFrame) -> str:
    """A method with its level, or its levels where regimes differ."""
    words = dict.fromkeys(level.words for level in levels(pick(shown, method=method)))
    return f"{method}, {' or '.join(words)}"


def _looks(shown: pd.DataFrame) -> dict[str, Look]:
    """How the dense networks and every method are drawn; controls are grey."""
    methods = shown.drop_duplicates("line")
    among_controls = is_control(methods)
    drawn = {str(name): style.look(number) for number, name in enumerate(methods.loc[~among_controls, "line"])}
    names = methods.loc[among_controls, "line"]
    controls = {str(name): style.control_look(number) for number, name in enumerate(names)}
    return {_DENSE: Look(style.INK, "D", (0, (4, 3)))} | drawn | controls


def _points(shown: pd.DataFrame, population: str) -> pd.DataFrame:
    """The marks of one population: on the clean images (severity 0), and on every corrupted split."""
    if population == "dense":
        shown = shown.drop_duplicates(["regime", "corruption", "severity"]).assign(line=_DENSE)
    name = f"{population}_accuracy"
    own = shown.assign(row=lines.where(shown), column=shown["corruption"].str.replace("_", " "))
    corrupted = lines.in_percent(own, name).assign(x=own["severity"])
    clean = own.drop_duplicates(["row", "column", "line"])
    clean = clean.assign(x=0, y=100 * clean[f"clean_{name}"], low=np.nan, high=np.nan)
    return pd.concat([clean, corrupted], ignore_index=True)


def _costly_first(points: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order of corruptions, from the one that costs the dense networks most."""
    dense = points[(points["line"] == _DENSE) & (points["x"] > 0)]
    order = dense.groupby("column")["y"].mean().sort_values(kind="stable").index
    return points.iloc[points["column"].map({name: place for place, name in enumerate(order)}).argsort(kind="stable")]


SPEC = FigureSpec(
    name="corruptions",
    title="Accuracy on corrupted images",
    caption=(
        "Mean accuracy on the clean and on the corrupted test images, one row of panels per regime, or one panel "
        "where there is one corruption. Every method is shown at the harshest level up to which its clean accuracy "
        "stays within one point of dense (the mildest level where none does), so that differences between the markers "
        "of a severity are mostly not differences in clean accuracy. Severity 0 are the clean images, 1 is mild, 5 "
        "harsh; points of "
        "equal severity stand a little side by side. Bars are 95 % jackknife intervals over seeds; controls are grey. "
        "The table of the same name has all levels."
    ),
    reads=("corruptions",),
    order=130,
    build=build,
)
