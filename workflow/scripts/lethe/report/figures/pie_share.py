"""PIE share against level with the null beside it, and below it the excess over seed noise.

Both axes are linear near 0 and logarithmic beyond, because shares of 0.1 % and of 80 % matter alike.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.report import style
from lethe.report.cells import Panel, panels, position
from lethe.report.frames import require
from lethe.report.spec import FigureSpec, Frames
from lethe.report.verdict import ABOVE

_NULL: dict[str, Any] = {
    "color": style.GREY,
    "linestyle": (0, (1, 1.2)),
    "linewidth": 2.0,
    "marker": "o",
    "markersize": 2.5,
}


def build(frames: Frames) -> Figure:
    """Two panels a regime: the shares, and the excess."""
    table = require(frames, "pies")
    looks = style.looks(table["method"])
    parts = panels(table)
    figure, axes = style.grid(2, len(parts), height=2.9, sharey="row", sharex="col")
    for panel, (above, below) in zip(parts, axes.T, strict=True):
        _shares(above, panel, looks)
        _excess(below, panel, looks)
    style.wide_range(axes[0, 0], linear=0.1)
    style.wide_range(axes[1, 0], linear=1.0)
    axes[0, 0].set_ylabel("PIE share (% of images)")
    axes[1, 0].set_ylabel("excess over seed noise (points)")
    style.legend(figure, looks | {"null: dense against dense": _NULL})
    return figure


def _shares(ax: Axes, panel: Panel, looks: dict[str, dict[str, Any]]) -> None:
    for method, line in panel.rows.groupby("method", sort=False):
        x, look = line["level"].map(position), looks[str(method)]
        low, high = (line[f"pie_share_{end}"].clip(lower=0) * 100 for end in ("low", "high"))
        ax.fill_between(x, low, high, color=look["color"], alpha=0.18, linewidth=0)
        ax.plot(x, line["null_share"] * 100, zorder=1.5, **_NULL)
        ax.plot(x, line["pie_share"] * 100, **look)
    ax.set_ylim(bottom=-0.015)
    ax.set_title(panel.title)


def _excess(ax: Axes, panel: Panel, looks: dict[str, dict[str, Any]]) -> None:
    ax.axhline(0, color=style.INK, linewidth=1.0)
    for method, line in panel.rows.groupby("method", sort=False):
        x, look = line["level"].map(position), looks[str(method)]
        ax.fill_between(
            x,
            line["excess_share_low"] * 100,
            line["excess_share_high"] * 100,
            color=look["color"],
            alpha=0.18,
            linewidth=0,
        )
        ax.plot(x, line["excess_share"] * 100, color=look["color"], linestyle=look["linestyle"])
        for is_above, face in ((True, look["color"]), (False, "white")):
            _markers(ax, line[(line["verdict"] == ABOVE) == is_above], look, face)
    style.level_axis(ax, panel.rows["level"].map(position), bits=panel.bits)


def _markers(ax: Axes, rows: pd.DataFrame, look: dict[str, Any], face: str) -> None:
    """Filled where the interval excludes 0 from above, hollow elsewhere."""
    x, y = rows["level"].map(position), rows["excess_share"] * 100
    ax.plot(x, y, linestyle="", marker=look["marker"], color=look["color"], markerfacecolor=face, markeredgewidth=1.2)


SPEC = FigureSpec(
    name="pie_share",
    title="PIE share, null and excess",
    caption=(
        "Above: share of images whose modal label differs between all K dense and all K compressed networks; the "
        "dotted line is the null, the share that differs between two halves of the dense networks (fewer "
        "networks, so not to be subtracted from the line). Below: the excess, cross minus null, both between "
        "halves. Filled markers: the 95 % interval lies above 0; hollow markers: not distinguishable from seed "
        "noise. Both vertical axes are logarithmic away from 0."
    ),
    reads=("pies",),
    build=build,
)
