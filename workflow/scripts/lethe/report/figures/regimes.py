"""Do regimes forget alike? PIE share of every regime, one panel per method: against the level, and the accuracy.

Regimes differ in accuracy, so below the same PIE shares stand against the accuracy drop, dense minus compressed, along
the method's levels. Both axes of shares and drops are linear near 0 and logarithmic beyond.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from lethe.compare.cells import ON_SPLIT, main_split, pick
from lethe.compare.frames import Frames, require
from lethe.compare.level import positions
from lethe.compare.traits import is_control
from lethe.report import style
from lethe.report.lines import ABREAST, Looks
from lethe.report.spec import FigureSpec

_DROPS = (-100, -50, -20, -10, -5, -2, -1, 0, 1, 2, 5, 10, 20, 50, 100)  # points at which the axis has ticks


def build(frames: Frames) -> Figure:
    """Two panels per method, of the test images if there are any: against the level, and against the accuracy drop."""
    drops = require(frames, "accuracy")[[*ON_SPLIT, "accuracy_change"]]
    table = _chosen(require(frames, "pies").merge(drops, on=ON_SPLIT, how="left", validate="one_to_one"))
    shown = [rows for _, rows in table.groupby("method", sort=False)]
    figure, axes = style.wrapped(len(shown), ABREAST, stacked=2, height=2.7)
    looks: Looks = {str(regime): style.look(number) for number, regime in enumerate(table["regime"].unique())}
    for rows, above, below in zip(shown, axes[::2].flat, axes[1::2].flat, strict=False):
        _lines(above, rows, positions(rows), looks)
        _lines(below, rows, -rows["accuracy_change"] * 100, looks)
        style.level_axis(above, positions(rows), level_kind=str(rows["level_kind"].iloc[0]))
        above.set_title(str(rows["method"].iloc[0]))
        drop_axis(below)
    ends = table[["pie_share", "excess_share", "pie_share_high"]].to_numpy(float) * 100
    for ax in axes.flat:
        # The margins that are usual on a linear axis would be decades on this one.
        ax.set_ylim(min(-0.02, 1.2 * np.nanmin(ends)), max(1.0, 1.2 * np.nanmax(ends)))
        style.wide_range(ax, linear=0.1)
    style.label_rows(axes, "share (% of images)")
    style.legend(figure, looks | {"excess over seed noise": {"color": style.GREY, "linestyle": ":", "marker": "_"}})
    return figure


def _chosen(table: pd.DataFrame) -> pd.DataFrame:
    """One split, and the methods that several regimes have, without controls; all of them where none is left."""
    rows = pick(table, split=main_split(table))
    is_shared = rows.groupby("method")["regime"].transform("nunique") > 1
    chosen = rows[is_shared & ~is_control(rows)]
    return rows if chosen.empty else chosen


def drop_axis(ax: Axes) -> None:
    """Drops of tenths and of tens of a point on one axis."""
    ax.set_xlabel("accuracy drop (points)")
    ax.set_xscale("symlog", linthresh=1.0, linscale=0.7)
    ticks = _within(*ax.get_xlim())
    if len(ticks) < 2:  # too narrow to be read: out to the next tick on either side
        low, high = ax.get_xlim()
        ends = [tick for tick in _DROPS if tick < low][-1:], [tick for tick in _DROPS if tick > high][:1]
        ax.set_xlim(*(end[0] if end else limit for end, limit in zip(ends, (low, high), strict=True)))
        ticks = _within(*ax.get_xlim())
    ax.set_xticks(ticks, [f"{tick}".replace("-", "−") for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())


def _within(low: float, high: float) -> list[int]:
    return [tick for tick in _DROPS if low <= tick <= high]


def _lines(ax: Axes, rows: pd.DataFrame, x: pd.Series, looks: Looks) -> None:
    """PIE shares of every regime along `x`, with their bands, and the excesses."""
    ax.axhline(0, color=style.INK, linewidth=0.8)
    for regime, line in rows.groupby("regime", sort=False):
        at, look = x[line.index], looks[str(regime)]
        style.band(ax, at, line["pie_share_low"].clip(lower=0) * 100, line["pie_share_high"] * 100, look)
        ax.plot(at, line["excess_share"] * 100, color=look["color"], linestyle=":", linewidth=1.4, marker="_")
        ax.plot(at, line["pie_share"] * 100, **look)


SPEC = FigureSpec(
    name="regimes",
    title="Regimes on an equal footing",
    caption=(
        "PIE share of every regime, two panels per method (test images where there are any). Above: at equal level. "
        "Below: against what compression costs, accuracy of the dense minus that of the compressed networks, along the "
        "method's levels; compare at equal drop, and mind that lines only join levels. Bands: 95 % jackknife intervals "
        "over seeds. Dotted, without a band: the excess over seed noise, which is the one to compare where a method "
        "acts during training. Methods that serve as controls, or that one regime alone has, are left out. All axes "
        "but those of levels are logarithmic away from 0."
    ),
    reads=("pies", "accuracy"),
    order=50,
    build=build,
)
