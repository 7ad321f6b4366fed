"""Soft error of train and test images over training: where the two part, a network learns what does not carry over.

Logarithmic, because the two part where both are small.
"""

import seaborn.objects as so
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, require
from lethe.report import lines, style
from lethe.report.panels import draw
from lethe.report.spec import FigureSpec
from lethe.report.style import Look

_LEAST = 0.01  # percent; an interval that reaches below 0 has no place on the axis
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_LOOKS = {"train": Look(style.PALETTE[1], "", (0, (5, 2))), "test": Look(style.PALETTE[0], "")}


def build(frames: Frames) -> Figure:
    """One panel per regime, one line per split with its band."""
    table = require(frames, "learning_curves")
    shown = lines.in_percent(table[table["split"].isin(list(_LOOKS))], "soft_error", lowest=_LEAST)
    rows = shown.assign(y=shown["y"].clip(lower=_LEAST), row=shown["regime"].astype(str), column="")
    plot = (
        so.Plot(rows, x="epoch", y="y", color="split")
        .add(so.Band(alpha=0.22), ymin="low", ymax="high", orient="x", legend=False)
        .add(so.Line(), linestyle="split", orient="x", legend=False)
        .scale(
            color=so.Nominal({split: look.color for split, look in _LOOKS.items()}),
            linestyle=so.Nominal({split: look.dash for split, look in _LOOKS.items()}),
        )
    )
    drawing = draw(plot, rows, x="epoch", y="soft error (%)", size=(3.6, 2.2))
    for panel in drawing.panels:
        _error_axis(panel.ax)
    style.legend(drawing.figure, {f"{split} images": look for split, look in _LOOKS.items()})
    return drawing.figure


def _error_axis(ax: Axes) -> None:
    """Logarithmic, with few round ticks."""
    ax.set_yscale("log")
    ax.set_yticks(style.ticks_within(ax.get_ylim(), _TICKS))
    style.plain_numbers(ax)


SPEC = FigureSpec(
    name="soft_error",
    title="Soft error over training",
    caption=(
        "Soft error, the mean of 1 - probability of the label, of all test and all training images, without "
        "augmentation "
        "and by their true labels; bands are 95 % t intervals over seeds. One panel per regime, its "
        "dense networks; the axis is logarithmic. The distance between the lines is the "
        "generalisation gap in soft error. Where a regime uses few labels or none, the training images are mostly "
        "not images whose label "
        "it saw; where its head is a probe, a head that learns beside the encoder is drawn; the kept one is "
        "fitted afterwards."
    ),
    reads=("learning_curves",),
    order=110,
    build=build,
)
