"""Test accuracy against the number of training images, one line per regime."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from lethe.compare.frames import Frames, require
from lethe.core.errors import EmptyReport
from lethe.report import style
from lethe.report.spec import FigureSpec


def build(frames: Frames) -> Figure:
    """One panel.

    Raises: EmptyReport: no regime was trained with fewer images.
    """
    table = require(frames, "generalisation")
    shown = table[table["label_noise"] == 0]
    if shown["images"].nunique() < 2:
        raise EmptyReport("all networks were trained with the same images; give at least one twin with fewer")
    looks = {str(regime): style.look(number) for number, regime in enumerate(dict.fromkeys(shown["regime"]))}
    figure, axes = style.grid(1, 1, width=6.4, height=3.8)
    for regime, rows in shown.groupby("regime", sort=False):
        line, look = rows.sort_values("images", kind="stable"), looks[str(regime)]
        style.band(axes[0, 0], line["images"], line["test_accuracy_low"] * 100, line["test_accuracy_high"] * 100, look)
        axes[0, 0].plot(line["images"], line["test_accuracy"] * 100, **look)
    _size_axis(axes[0, 0], shown["images"])
    axes[0, 0].set_ylabel("test accuracy (%)")
    style.legend(figure, looks)
    return figure


def _size_axis(ax: Axes, images: pd.Series) -> None:
    """Logarithmic, because twice as many images are one step wherever one starts."""
    sizes = sorted(set(images))
    ax.set_xscale("log")
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("training images")


SPEC = FigureSpec(
    name="training_size",
    title="Test accuracy against training images",
    caption=(
        "Mean test accuracy of every regime's dense networks against the number of images they were trained on, the "
        "rightmost point being the study's own; bands are 95 % t intervals over seeds. Smaller sets are parts of "
        "larger ones, stratified, drawn for every seed. The number of steps is about the same, so that fewer images do "
        "not mean a shorter training. Where a regime uses some of the labels it keeps those, and has fewer images "
        "without."
    ),
    reads=("generalisation",),
    wants=("generalisation.train_sizes",),
    order=100,
    build=build,
)
