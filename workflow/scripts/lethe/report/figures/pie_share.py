"""PIE share against level with the null beside it, and below it the excess over seed noise.

Both axes are linear near 0 and logarithmic beyond, because shares of 0.1 % and of 80 % matter alike.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, require
from lethe.compare.level import positions
from lethe.compare.verdict import ABOVE
from lethe.report import style
from lethe.report.lines import ABREAST, Looks, by_family, panels, with_families
from lethe.report.spec import FigureSpec

_NULL: dict[str, Any] = {
    "color": style.GREY,
    "linestyle": (0, (1, 1.2)),
    "linewidth": 2.0,
    "marker": "o",
    "markersize": 2.5,
}


def build(frames: Frames) -> Figure:
    """Two panels per regime, kind of level and treatment: the shares, and below them the excess."""
    table, looks = with_families(require(frames, "pies"))
    shown = panels(table)
    figure, axes = style.wrapped(len(shown), ABREAST, stacked=2, height=2.9)
    for panel, above, below in zip(shown, axes[::2].flat, axes[1::2].flat, strict=False):
        _shares(above, panel.rows, looks)
        _excess(below, panel.rows, looks)
        style.title(above, panel.title)
        for ax in (above, below):
            style.level_axis(ax, positions(panel.rows), level_kind=panel.level_kind)
        above.set_xlabel("")
    for start, linear, words in ((0, 0.1, "PIE share (% of images)"), (1, 1.0, "excess over seed noise (points)")):
        style.same_range(axes[start::2])
        for ax in axes[start::2].flat:
            style.wide_range(ax, linear=linear)
        style.label_rows(axes[start::2], words)
    style.legend(figure, looks | {"null: dense against dense": _NULL})
    return figure


def _shares(ax: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """PIE shares with their bands, and the nulls."""
    for family, line in by_family(rows):
        x, look = positions(line), looks[family]
        low, high = (line[f"pie_share_{end}"].clip(lower=0) * 100 for end in ("low", "high"))
        style.band(ax, x, low, high, look)
        ax.plot(x, line["null_share"] * 100, zorder=1.5, **_NULL)
        ax.plot(x, line["pie_share"] * 100, **look)
    ax.set_ylim(bottom=-0.015)


def _excess(ax: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """Excesses with their bands, marked by their verdict."""
    ax.axhline(0, color=style.INK, linewidth=1.0)
    for family, line in by_family(rows):
        x, look = positions(line), looks[family]
        style.band(ax, x, line["excess_share_low"] * 100, line["excess_share_high"] * 100, look)
        ax.plot(x, line["excess_share"] * 100, color=look["color"], linestyle=look["linestyle"])
        for is_above, face in ((True, look["color"]), (False, "white")):
            _markers(ax, line[(line["verdict"] == ABOVE) == is_above], look, face)


def _markers(ax: Axes, rows: pd.DataFrame, look: dict[str, Any], face: str) -> None:
    """Filled where the interval excludes 0 from above, hollow elsewhere."""
    x, y = positions(rows), rows["excess_share"] * 100
    ax.plot(x, y, linestyle="", marker=look["marker"], color=look["color"], markerfacecolor=face, markeredgewidth=1.2)


SPEC = FigureSpec(
    name="pie_share",
    title="PIE share, null and excess",
    caption=(
        "Above: share of images whose modal label differs between all K dense and all K compressed networks; the "
        "dotted line is the null, the share that differs between two halves of the dense networks (fewer "
        "networks, so not to be subtracted from the line). Below: the excess, cross minus null, both between "
        "halves. Filled markers: the 95 % interval lies above 0; hollow markers: not distinguishable from seed "
        "noise. Weights, channels, bits and treatments have panels of their own; controls are grey. Both vertical "
        "axes are logarithmic away from 0."
    ),
    reads=("pies",),
    order=30,
    build=build,
)
