"""Speed-up against removed parameters: networks that are smaller run faster, networks with zeroed weights do not.

speed-up = dense / compressed milliseconds of the same round, median and quartiles over rounds.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, require
from lethe.report import lines, style
from lethe.report.panels import draw, few_columns
from lethe.report.spec import FigureSpec

_TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def build(frames: Frames) -> Figure:
    """One panel per regime and batch size."""
    table = require(frames, "latency")
    looks = lines.looks(table)
    rows = table.assign(
        row=lines.where(table),
        column=[f"batch {batch}" for batch in table["batch"]],
        line=lines.line_names(table),
        x=100 * table["removed_parameters"],
        y=table["speedup"],
        low=table["speedup_low"],
        high=table["speedup_high"],
    )
    rows, left_out = few_columns(rows)
    plot = lines.plot(lines.side_by_side(rows), looks)
    drawing = draw(plot, rows, x="parameters removed (%)", y="speed-up (times)", size=(4.4, 2.3))
    for panel in drawing.panels:
        style.across(panel.ax, style.DENSE, 1.0)
        _speed_axis(panel.ax, rows["low"].min(), rows["high"].max())
    style.legend(drawing.figure, lines.drawn_looks(looks, rows) | {"as fast as dense": style.DENSE})
    style.note(drawing.figure, left_out)
    return drawing.figure


def _speed_axis(ax: Axes, low: float, high: float) -> None:
    """Logarithmic, because twice as fast and half as fast are one step each."""
    ax.set_yscale("log")
    ax.set_ylim(min(low / 1.15, 0.8), max(high * 1.15, 1.25))
    ax.set_yticks([tick for tick in _TICKS if ax.get_ylim()[0] <= tick <= ax.get_ylim()[1]])
    style.plain_numbers(ax, "x")


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
