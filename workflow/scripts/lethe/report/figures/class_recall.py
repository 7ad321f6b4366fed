"""Which classes pay: the recall change of every class beyond the change of accuracy, one square per class and level.

Colours are logarithmic away from 0; a dot marks q <= .05. Of more than 40 classes the 40 that move most are shown.
"""

from collections import Counter

import pandas as pd
import seaborn.objects as so
from matplotlib.colors import LinearSegmentedColormap, SymLogNorm, to_hex
from matplotlib.figure import Figure

from lethe.compare.frames import Frames
from lethe.compare.level import levels
from lethe.compare.verdict import SIGNIFICANT
from lethe.report import lines, style
from lethe.report.panels import draw, few_columns
from lethe.report.spec import FigureSpec
from lethe.report.style import Look

_MOST = 40
_LONGEST = 40  # characters of a name
_ROW_HEIGHT, _LEVEL_WIDTH = 0.2, 0.26  # inches
_COLORS = LinearSegmentedColormap.from_list("harm_help", [style.HARM, "#f3b48a", "#efefef", "#8fc1e3", style.HELP])
_NORM = SymLogNorm(linthresh=1, linscale=0.5, vmin=-100, vmax=100)
_SHOWN = (-100, -10, -1, 0, 1, 10, 100)  # changes that the legend has a square for


def build(frames: Frames) -> Figure:
    """One panel per regime and method, one row of squares per class, one column per level."""
    table, left_out = few_columns(lines.by_method(frames, "classes"))
    names = _short(dict(frames["class_names"].itertuples(index=False)) if "class_names" in frames else {})
    classes = _moving_most(table)
    hidden = table["label"].nunique() - len(classes)
    rows = _squares(table[table["label"].isin(classes)].sort_values("label", kind="stable"), names)
    most_levels = rows.groupby("column")["level"].nunique().max()
    size = (max(1.45, 0.5 + _LEVEL_WIDTH * most_levels), 0.8 + _ROW_HEIGHT * len(classes))
    square = {"marker": "s", "pointsize": 72 * _ROW_HEIGHT - 2, "edgewidth": 0}
    dots = rows.assign(y=rows["y"].where(rows["q"] <= SIGNIFICANT))
    plot = (
        so.Plot(rows, x="x", y="y")
        .add(so.Dot(**square), color="color", legend=False)
        .add(so.Dot(pointsize=3.5, color=style.INK, edgewidth=0), y=dots["y"], legend=False)
        .scale(color=None)
    )
    drawing = draw(plot, rows, x="level", y="class", share_x=False, size=size)
    for panel in drawing.panels:
        panel.ax.grid(False)
        panel.ax.tick_params(length=0)
        panel.ax.spines[:].set_visible(False)
    words = {change: f"{change:+d}".replace("-", "−") if change else "0" for change in _SHOWN}
    samples = {word: Look(_color(float(change)), "s", "none") for change, word in words.items()}
    style.legend(drawing.figure, samples | {"q ≤ 0.05": Look(style.INK, ".", "none")})
    fewer = f"The {len(classes)} classes that move most are shown, {hidden} are not." if hidden else ""
    style.note(drawing.figure, "Colours: recall change beyond accuracy, in points.", fewer, left_out)
    return drawing.figure


def _moving_most(table: pd.DataFrame) -> list[int]:
    """Labels in order; where there are too many, those with the largest change anywhere."""
    most = table["normalised_change"].abs().groupby(table["label"]).max().sort_values(ascending=False, kind="stable")
    return sorted(most.index[:_MOST])


def _squares(table: pd.DataFrame, names: dict[int, str]) -> pd.DataFrame:
    """One row per square: its places and its colour; without those whose change is unknown."""
    known = table.dropna(subset=["normalised_change"])
    amounts = [level.number.removesuffix(" %").replace(" bits", "b") for level in levels(known)]
    return known.assign(
        x=amounts,
        y=[names.get(label, str(label)) for label in known["label"]],
        color=[_color(100 * change) for change in known["normalised_change"]],
    )


def _short(names: dict[int, str]) -> dict[int, str]:
    """Names that leave room for the squares; those that would be the same have their number, too."""
    cut = {label: style.short(name, _LONGEST) for label, name in names.items()}
    taken = Counter(cut.values())
    return {label: name if taken[name] == 1 else f"{name} {label}" for label, name in cut.items()}


def _color(change: float) -> str:
    return to_hex(_COLORS(_NORM(change)))


SPEC = FigureSpec(
    name="class_recall",
    title="Classes that lose more than the average",
    caption=(
        "Change of a class's recall minus the change of accuracy, in points: orange classes lose more than the "
        "average, blue ones less. A dot marks q <= 0.05, a paired test adjusted over all classes and cells but "
        "controls. The "
        "colour scale is logarithmic away from 0. One row of panels per regime, one column per method; levels are "
        "percent removed, or bits kept (b). Controls are in the table alone, which has the intervals too."
    ),
    reads=("classes", "accuracy"),
    order=170,
    build=build,
)
