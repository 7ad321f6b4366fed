"""Accuracy against level, one line per method, with the dense networks as a dashed line."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, require
from lethe.compare.level import positions
from lethe.report import style
from lethe.report.lines import ABREAST, Looks, by_family, panels, with_families
from lethe.report.spec import FigureSpec


def build(frames: Frames) -> Figure:
    """One panel per regime, kind of level and treatment."""
    table, looks = with_families(require(frames, "accuracy"))
    shown = panels(table)
    figure, axes = style.wrapped(len(shown), ABREAST, sharey=True)
    for panel, ax in zip(shown, axes.flat, strict=False):
        _draw(ax, panel.rows, looks)
        style.title(ax, panel.title)
        style.level_axis(ax, positions(panel.rows), level_kind=panel.level_kind)
    style.label_rows(axes, "accuracy (%)")
    style.legend(figure, looks | {"dense networks": style.DENSE})
    return figure


def _draw(ax: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """The dense networks across the panel, and one line per method with its band."""
    style.dense_line(ax, *(rows[["dense_accuracy", "dense_accuracy_low", "dense_accuracy_high"]].iloc[0] * 100))
    for family, line in by_family(rows):
        x, look = positions(line), looks[family]
        style.band(ax, x, line["compressed_accuracy_low"] * 100, line["compressed_accuracy_high"] * 100, look)
        ax.plot(x, line["compressed_accuracy"] * 100, **look)


SPEC = FigureSpec(
    name="accuracy",
    title="Accuracy against level",
    caption=(
        "Mean accuracy of the compressed networks at every level; bands are 95 % jackknife intervals over seeds. "
        "Weights, channels and bits are different things and have panels of their own, and so has every treatment "
        "after compression; controls are grey. The dashed line and its grey band are the dense networks."
    ),
    reads=("accuracy",),
    order=10,
    build=build,
)
