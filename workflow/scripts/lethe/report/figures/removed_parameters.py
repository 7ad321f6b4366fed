"""Fair comparison: accuracy and PIE share against the parameters that are really removed, one panel per treatment.

removed = 1 - non-zero parameters / parameters of the dense network. Quantisation removes none and is left out.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, require
from lethe.compare.traits import ON_BITS
from lethe.report import style
from lethe.report.lines import ABREAST, Looks, by_family, of_treatment, treatments, where, with_families
from lethe.report.spec import FigureSpec

NOTHING = "no method here removes parameters"


def build(frames: Frames) -> Figure:
    """Two panels per regime, split and treatment: accuracy, and below it the PIE share."""
    table, looks = with_families(require(frames, "comparison"))
    groups = [rows for _, rows in table.groupby(["regime", "split"], sort=False)]
    shown = [(rows, treatment) for rows in groups for treatment in _treatments(rows)]
    figure, axes = style.wrapped(len(shown), ABREAST, stacked=2, sharex=True)
    for (rows, treatment), above, below in zip(shown, axes[::2].flat, axes[1::2].flat, strict=False):
        _panel(above, below, of_treatment(_removing(rows), treatment), looks)
        above.axhline(rows["dense_accuracy"].iloc[0] * 100, **style.DENSE)
        title = where(rows["regime"].iloc[0], rows["split"].iloc[0], table)
        style.title(above, ", ".join(filter(None, [title, treatment])))
        for ax in (above, below):
            ax.tick_params(labelbottom=True)
    for start, words in ((0, "accuracy (%)"), (1, "PIE share (% of images)")):
        style.same_range(axes[start::2])
        style.label_rows(axes[start::2], words)
    removing = set(_removing(table)["family"])
    style.legend(figure, {f: look for f, look in looks.items() if f in removing} | {"dense networks": style.DENSE})
    return figure


def _removing(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["acts_on"] != ON_BITS]


def _treatments(rows: pd.DataFrame) -> list[str]:
    """Those of methods that remove parameters; a study without such methods has its panels all the same."""
    return treatments(_removing(rows)) or treatments(rows)


def _panel(above: Axes, below: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """Accuracy above, PIE share below; words where no method removes parameters."""
    _draw(above, rows, "compressed_accuracy", looks)
    _draw(below, rows, "pie_share", looks)
    below.axhline(0, color=style.INK, linewidth=0.8)
    below.set_xlabel("parameters removed (%)")
    if rows.empty:
        for ax in (above, below):
            ax.text(0.5, 0.5, NOTHING, transform=ax.transAxes, ha="center", color=style.GREY)


def _draw(ax: Axes, rows: pd.DataFrame, quantity: str, looks: Looks) -> None:
    """One line per method with its band."""
    for family, line in by_family(rows):
        points, look = line.sort_values("removed_parameters", kind="stable"), looks[family]
        x = points["removed_parameters"] * 100
        style.band(ax, x, points[f"{quantity}_low"] * 100, points[f"{quantity}_high"] * 100, look)
        ax.plot(x, points[quantity] * 100, **look)


SPEC = FigureSpec(
    name="removed_parameters",
    title="Accuracy and PIE share against removed parameters",
    caption=(
        "All methods on one axis: the share of the dense network's parameters that is gone or zero, whatever a level "
        "counts. One pair of panels per treatment after compression; compare within it. Grey dashed lines with hollow "
        "markers are controls: weights or channels chosen at random, and small dense networks trained from scratch. "
        "Methods that act during training stand in every panel; their networks are not made from the dense ones, so "
        "their PIE share holds seed noise as well. Bands are 95 % jackknife intervals over seeds; the dashed "
        "horizontal line is the dense networks. Quantisation removes no parameters and is not shown."
    ),
    reads=("comparison",),
    order=60,
    build=build,
)
