"""Speed-up against removed parameters: networks that are smaller run faster, networks with zeroed weights do not.

speed-up = dense / compressed milliseconds of the same round, median and quartiles over rounds.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from lethe.compare.frames import Frames, require
from lethe.report import style
from lethe.report.lines import Looks, by_family, with_families
from lethe.report.spec import FigureSpec

_TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def build(frames: Frames) -> Figure:
    """One panel per regime and batch size."""
    table, looks = with_families(require(frames, "latency"))
    shown = list(table.groupby(["regime", "batch"], sort=False))
    figure, axes = style.wrapped(len(shown), 2, width=4.8, sharey=True)
    for ax, ((regime, batch), rows) in zip(axes.flat, shown, strict=False):
        _draw(ax, rows, looks)
        several = table["regime"].nunique() > 1
        ax.set_title(f"{regime}, batch {batch}" if several else f"batch {batch}")
        ax.set_xlabel("parameters removed (%)")
    _speed_axis(axes[0, 0], table)
    style.label_rows(axes, "speed-up (times)")
    style.legend(figure, looks | {"as fast as dense": style.DENSE})
    return figure


def _draw(ax: Axes, rows: pd.DataFrame, looks: Looks) -> None:
    """One line per method, with quartiles."""
    ax.axhline(1, **style.DENSE)
    for family, line in by_family(rows):
        points, look = line.sort_values("removed_parameters", kind="stable"), looks[family]
        x, y = points["removed_parameters"] * 100, points["speedup"]
        ax.vlines(x, points["speedup_low"], points["speedup_high"], color=look["color"], linewidth=1.2, alpha=0.6)
        ax.plot(x, y, **look)


def _speed_axis(ax: Axes, table: pd.DataFrame) -> None:
    """Logarithmic, because twice as fast and half as fast are one step each."""
    low, high = table["speedup_low"].min() / 1.15, table["speedup_high"].max() * 1.15
    ax.set_yscale("log")
    ax.set_ylim(min(low, 0.8), max(high, 1.25))
    ticks = [tick for tick in _TICKS if ax.get_ylim()[0] <= tick <= ax.get_ylim()[1]]
    ax.set_yticks(ticks)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    ax.yaxis.set_minor_locator(NullLocator())


SPEC = FigureSpec(
    name="latency",
    title="Speed-up against removed parameters",
    caption=(
        "How many times faster a forward pass of the compressed network is than that of the dense one, timed in turns "
        "on one machine: median over rounds, bars are quartiles. Zeroed weights stay at 1x, whatever share of them is "
        "removed, because they are multiplied like any other; simulated quantisation is slower than dense. "
        "Measurements: they differ between runs."
    ),
    reads=("latency",),
    order=150,
    build=build,
)
