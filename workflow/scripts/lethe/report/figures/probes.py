"""Accuracy of probes of every regime's encoder, beside the same probes of raw pixels and untrained encoders."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, require
from lethe.report import lines, style
from lethe.report.panels import draw
from lethe.report.spec import FigureSpec
from lethe.report.style import Look

_TITLES = {"linear": "linear probe", "knn": "nearest neighbours"}
_LOOKS = {"encoder": Look(style.PALETTE[0], "o", "none")}
_UNTRAINED = Look(style.GREY, "", style.DOTTED)


def build(frames: Frames) -> Figure:
    """One panel per probe, one mark of it per regime."""
    table = require(frames, "probes")
    rows = lines.in_percent(table, "accuracy").rename(columns={"y": "value"})
    rows = rows.assign(row="", column=rows["probe"].map(_TITLES), place=rows["regime"].astype(str), line="encoder")
    size = (4.6, 0.7 + 0.3 * table["regime"].nunique())
    plot = lines.intervals(rows, _LOOKS, along="y")
    drawing = draw(plot, rows, x="test accuracy (%)", y="regime", share_x=False, size=size)
    for panel in drawing.panels:
        _baselines(panel.ax, rows[rows["column"] == panel.column].iloc[0])
    style.legend(drawing.figure, _LOOKS | {"pixels": style.DENSE, "untrained encoder": _UNTRAINED})
    return drawing.figure


def _baselines(ax: Axes, row: pd.Series) -> None:
    """What the same probe reads off the pixels and off networks before training, the same for every regime."""
    if pd.notna(row["untrained_accuracy_low"]):
        ends = 100 * row["untrained_accuracy_low"], 100 * row["untrained_accuracy_high"]
        ax.axvspan(*ends, color=style.PALE, linewidth=0, zorder=0)
    for name, look in (("pixels_accuracy", style.DENSE), ("untrained_accuracy", _UNTRAINED)):
        ax.axvline(100 * row[name], color=look.color, linestyle=look.dash, linewidth=1.4, zorder=1)


SPEC = FigureSpec(
    name="probes",
    title="Probes of the encoders",
    caption=(
        "Test accuracy of a linear probe and of nearest neighbours on the frozen features of every regime's dense "
        "networks, fitted to all training images with all their labels; bars are 95 % t intervals over seeds. The "
        "dashed line is the same probe of the raw pixels, the dotted line with its band that of the networks before "
        "training. Below the dashed line the probe reads labels less well from the features than from the pixels."
    ),
    reads=("probes",),
    order=20,
    build=build,
)
