"""Accuracy against level, one line a method, with the dense networks as a dashed line."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.report import style
from lethe.report.cells import Panel, panels, position
from lethe.report.frames import require
from lethe.report.spec import FigureSpec, Frames


def build(frames: Frames) -> Figure:
    """One panel a regime."""
    table = require(frames, "accuracy")
    looks = style.looks(table["method"])
    parts = panels(table)
    figure, axes = style.grid(1, len(parts), sharey=True)
    for panel, ax in zip(parts, axes[0], strict=True):
        _draw(ax, panel, looks)
    axes[0, 0].set_ylabel("accuracy (%)")
    style.legend(figure, looks | {"dense networks": {"color": style.INK, "linestyle": (0, (4, 3)), "linewidth": 1.2}})
    return figure


def _draw(ax: Axes, panel: Panel, looks: dict[str, dict[str, Any]]) -> None:
    rows = panel.rows
    dense = rows[["dense_accuracy", "dense_accuracy_low", "dense_accuracy_high"]].iloc[0] * 100
    ax.axhspan(dense.iloc[1], dense.iloc[2], color=style.PALE, linewidth=0)
    ax.axhline(dense.iloc[0], color=style.INK, linestyle=(0, (4, 3)), linewidth=1.2)
    for method, line in rows.groupby("method", sort=False):
        x = line["level"].map(position)
        look = looks[str(method)]
        low, high = line["compressed_accuracy_low"] * 100, line["compressed_accuracy_high"] * 100
        ax.fill_between(x, low, high, color=look["color"], alpha=0.18, linewidth=0)
        ax.plot(x, line["compressed_accuracy"] * 100, **look)
    ax.set_title(panel.title)
    style.level_axis(ax, rows["level"].map(position), bits=panel.bits)


SPEC = FigureSpec(
    name="accuracy",
    title="Accuracy against level",
    caption=(
        "Mean accuracy of the compressed networks at every level; bands are 95 % jackknife intervals over seeds. "
        "The dashed line and its grey band are the dense networks."
    ),
    reads=("accuracy",),
    build=build,
)
