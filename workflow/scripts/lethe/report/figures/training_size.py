"""Test accuracy against the number of training images, one line per regime."""

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from lethe.compare.frames import Frames, require
from lethe.core.errors import EmptyReport
from lethe.report import lines, style
from lethe.report.panels import draw
from lethe.report.spec import FigureSpec


def build(frames: Frames) -> Figure:
    """One panel.

    Raises: EmptyReport: no regime was trained with fewer images.
    """
    table = require(frames, "generalisation")
    shown = table[table["label_noise"] == 0]
    if shown["images"].nunique() < 2:
        raise EmptyReport("all networks were trained with the same images; give at least one twin with fewer")
    rows = lines.in_percent(shown, "test_accuracy").assign(row="", column="", line=shown["regime"])
    looks = lines.regime_looks(rows)
    beside = lines.side_by_side(rows.assign(x=np.log(shown["images"])))
    plot = lines.plot(beside.assign(x=np.exp(beside["x"])), looks)
    drawing = draw(plot, rows, x="training images", y="test accuracy (%)", size=(6.4, 3.4))
    _size_axis(drawing.panels[0].ax, rows["images"])
    style.legend(drawing.figure, looks)
    return drawing.figure


def _size_axis(ax: Axes, images: Iterable[int]) -> None:
    """Logarithmic, because twice as many images are one step wherever one starts."""
    sizes = sorted(set(images))
    ax.set_xscale("log")
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ax.xaxis.set_minor_locator(NullLocator())


SPEC = FigureSpec(
    name="training_size",
    title="Test accuracy against training images",
    caption=(
        "Mean test accuracy of every regime's dense networks against the number of images they were trained on, the "
        "rightmost point being the study's own; bars are 95 % t intervals over seeds, points of equal size a little "
        "side by side. Smaller sets are parts of larger ones, stratified, drawn for every seed. The number of steps "
        "is about the same, so that fewer images do not mean a shorter training. Where a regime uses some of the "
        "labels it keeps those, and has fewer images without."
    ),
    reads=("generalisation",),
    wants=("generalisation.train_sizes",),
    order=100,
    build=build,
)
