"""Do regimes forget alike? Shares of every regime along a method's levels, and along the accuracy that they cost.

Regimes differ in accuracy, so beside the level the same shift stands against the accuracy drop, reference minus
compressed.
Axes of shares and drops are linear near 0 and logarithmic beyond.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from lethe.compare.cells import ON_SPLIT
from lethe.compare.frames import Frames, require
from lethe.compare.level import positions
from lethe.compare.traits import is_control
from lethe.compare.verdict import SHIFT
from lethe.report import lines, style
from lethe.report.panels import draw
from lethe.report.spec import FigureSpec

_DROPS = (-100, -50, -20, -10, -5, -2, -1, 0, 1, 2, 5, 10, 20, 50, 100)  # points at which the axis has ticks
_AT_LEVEL, _AT_DROP, _PIES = "shift at equal level", "shift at equal drop", "PIE share at equal drop"
_WORDS = {_AT_LEVEL: "shift (points)", _AT_DROP: "", _PIES: "PIE share (% of images)"}


def build(frames: Frames) -> Figure:
    """Three panels per method, of the test images if there are any, one line per regime."""
    drops = require(frames, "accuracy")[[*ON_SPLIT, "accuracy_change"]]
    table = _chosen(require(frames, "pies").merge(drops, on=ON_SPLIT, how="left", validate="one_to_one"))
    cells = table.assign(row=table["method"], line=table["regime"].astype(str))
    rows = pd.concat(
        [
            lines.side_by_side(_read(cells, _AT_LEVEL, SHIFT, positions(cells)), axes="row"),
            _read(cells, _AT_DROP, SHIFT, -100 * cells["accuracy_change"]),
            _read(cells, _PIES, "pie_share", -100 * cells["accuracy_change"]),
        ],
        ignore_index=True,
    )
    looks = lines.regime_looks(table)
    size = (3.8, 2.3)
    drawing = draw(lines.plot(rows, looks), rows, x="", y=_WORDS, share_x=False, share_y=False, size=size)
    for panel in drawing.panels:
        panel.ax.axhline(0, color=style.INK, linewidth=0.8, zorder=1)
    for shares in ((_AT_LEVEL, _AT_DROP), (_PIES,)):
        style.wide_range([panel.ax for panel in drawing.panels if panel.column in shares], linear=0.1)
    for panel in drawing.panels:
        if panel.column == _AT_LEVEL:
            own = cells[cells["row"] == panel.row]
            kind = str(own["level_kind"].iloc[0])
            lines.level_axis(panel.ax, positions(own), kind)
            panel.ax.set_xlabel(lines.AXES[kind], visible=True)
        else:
            drop_axis(panel.ax)
    style.legend(drawing.figure, looks)
    return drawing.figure


def _chosen(table: pd.DataFrame) -> pd.DataFrame:
    """One split, and the methods that several regimes have, without controls; all of them where none is left."""
    rows = lines.on_main_split(table)
    is_shared = rows.groupby("method")["regime"].transform("nunique") > 1
    chosen = rows[is_shared & ~is_control(rows)]
    return rows if chosen.empty else chosen


def _read(cells: pd.DataFrame, reading: str, share: str, x: pd.Series) -> pd.DataFrame:
    """One reading of all cells: a share with its interval at `x`."""
    lowest = 0.0 if share == "pie_share" else -np.inf
    return lines.in_percent(cells, share, lowest=lowest).assign(x=x, column=reading)


def drop_axis(ax: Axes) -> None:
    """Drops of tenths and of tens of a point on one axis."""
    ax.set_xlabel("accuracy drop (points)", visible=True)
    ax.set_xscale("symlog", linthresh=1.0, linscale=0.7)
    ax.autoscale_view(scaley=False)
    ticks = style.ticks_within(ax.get_xlim(), _DROPS)
    ax.set_xticks(ticks, [f"{tick}".replace("-", "−") for tick in ticks])
    ax.xaxis.set_minor_locator(NullLocator())


SPEC = FigureSpec(
    name="regimes",
    title="Regimes on an equal footing",
    caption=(
        "One row of panels per method, one line per regime (test images where there are any). Left: shift from the "
        "reference, how far compression moves labels beyond what other seeds give and what its treatment does, at "
        "equal level, points a little side by side. Middle: the same against "
        "what compression costs, accuracy of the reference (dense networks after the same treatment) minus that of the "
        "compressed networks, along the method's levels; compare at equal drop, and mind that lines only join "
        "levels. Right: the PIE share against the same drop; it holds seed noise where a method acts during "
        "training. Bars: 95 % jackknife intervals over seeds. Methods that serve as controls, or that one regime "
        "alone has, are left out. All axes but those of levels are logarithmic away from 0."
    ),
    reads=("pies", "accuracy"),
    order=50,
    build=build,
)
