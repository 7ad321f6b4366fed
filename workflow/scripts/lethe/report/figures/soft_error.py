"""Soft error of train and test images over training: where the two part, a network learns what does not carry over.

Logarithmic, because the two part where both are small.
"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from lethe.compare.frames import Frames, require
from lethe.report import style
from lethe.report.lines import ABREAST
from lethe.report.spec import FigureSpec

_LEAST = 0.01  # percent; an interval that reaches below 0 has no place on the axis
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_LOOKS: dict[str, dict[str, Any]] = {"train": style.look(1), "test": style.look(0)}


def build(frames: Frames) -> Figure:
    """One panel per regime."""
    table = require(frames, "learning_curves")
    shown = list(table.groupby("regime", sort=False))
    figure, axes = style.wrapped(len(shown), ABREAST, width=3.9, height=2.7, sharey=True)
    for ax, (regime, rows) in zip(axes.flat, shown, strict=False):
        _draw(ax, rows)
        ax.set_title(str(regime))
        ax.set_xlabel("epoch")
    _error_axis(axes[0, 0])
    style.label_rows(axes, "soft error (%)")
    style.legend(figure, {f"{split} images": look for split, look in _LOOKS.items()})
    return figure


def _draw(ax: Axes, rows: pd.DataFrame) -> None:
    """One line per split with its band."""
    for split, look in _LOOKS.items():
        line = rows[rows["split"] == split].sort_values("epoch", kind="stable")
        error, low, high = ((100 * line[f"soft_error{end}"]).clip(lower=_LEAST) for end in ("", "_low", "_high"))
        style.band(ax, line["epoch"], low, high, look)
        ax.plot(line["epoch"], error, **look | {"markersize": 4})


def _error_axis(ax: Axes) -> None:
    """Logarithmic, with few round ticks."""
    ax.set_yscale("log")
    ax.set_yticks([tick for tick in _TICKS if ax.get_ylim()[0] <= tick <= ax.get_ylim()[1]])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_locator(NullLocator())


SPEC = FigureSpec(
    name="soft_error",
    title="Soft error over training",
    caption=(
        "Soft error, the mean of 1 - probability of the label, of test images and of as many training images, without "
        "augmentation and by their true labels; bands are 95 % t intervals over seeds. One panel per regime, its dense "
        "networks; the axis is logarithmic. The distance between the lines is what a network learned and cannot use "
        "elsewhere. Where a regime uses few labels or none, the training images are mostly not images whose label it "
        "saw; where its head is a probe, a head that learns beside the encoder is drawn, and the kept one is better."
    ),
    reads=("learning_curves",),
    order=110,
    build=build,
)
