"""PIE share against the number of models in each population: what more seeds would do to the noise."""

from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.cells import GROUP
from lethe.compare.frames import Frames, require
from lethe.compare.level import levels
from lethe.report import style
from lethe.report.lines import group_title
from lethe.report.spec import FigureSpec

_NULL: dict[str, Any] = {"color": style.INK, "linestyle": (0, (1, 1.2)), "linewidth": 2.0}


def build(frames: Frames) -> Figure:
    """One panel per (regime, split, method), one line per level."""
    table = require(frames, "by_size")
    groups = list(table.groupby(GROUP, sort=False))
    columns = min(3, len(groups))
    figure, axes = style.grid(-(-len(groups) // columns), columns, width=3.6, height=3.0, sharey=True)
    for ax, (key, rows) in zip(axes.flat, groups, strict=False):
        _draw(ax, rows)
        style.title(ax, group_title(key, table))
    for ax in axes.flat[len(groups) :]:
        ax.set_visible(False)
    smallest = table[["null_share", "cross_share"]].min().min() * 100
    axes[0, 0].set_ylim(bottom=smallest / 2 if smallest > 0.2 else -0.015)
    style.wide_range(axes[0, 0], linear=0.1)
    for row in axes:
        row[0].set_ylabel("differing modal labels\n(% of images)")
    style.legend(figure, {"null: dense against dense": _NULL, "cross: dense against compressed": _cross(0.55)})
    return figure


def _draw(ax: Axes, rows: pd.DataFrame) -> None:
    """The null, and above it one line per level."""
    shown = sorted(set(levels(rows)), key=lambda level: -level.harshness)  # the legend then runs as the lines do
    for number, level in enumerate(shown):
        line = rows[rows["level"] == level.text]
        look = _cross(0.9 - 0.6 * number / max(1, len(shown) - 1))
        ax.plot(line["models"], line["cross_share"] * 100, label=level.number, **look)
    null = rows.groupby("models")["null_share"].mean() * 100
    ax.plot(null.index, null, zorder=4, **_NULL)
    ax.set_xticks(sorted(set(rows["models"])))
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=7.5, handlelength=1.2)
    ax.set_xlabel("models in each population")


def _cross(depth: float) -> dict[str, Any]:
    """Look of one level: the darker, the harsher."""
    return {"color": matplotlib.colormaps["YlOrRd"](depth), "marker": "o", "markersize": 4}


SPEC = FigureSpec(
    name="by_size",
    title="PIE share against population size",
    caption=(
        "Share of images whose modal label differs between two populations of the given size: dense against other"
        " dense networks (dotted, the null) and dense against other compressed ones (one line per level). Compare "
        "odd sizes with odd ones: even populations tie."
    ),
    reads=("by_size",),
    order=210,
    build=build,
)
