"""PIE share against level with the null beside it, and the shift of the labels from the reference.

Both axes are linear near 0 and logarithmic beyond, because shares of 0.1 % and of 80 % matter alike.
"""

import math

import pandas as pd
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, require
from lethe.compare.verdict import MOVED, SHIFT
from lethe.report import lines, style
from lethe.report.panels import draw, without_lone_points
from lethe.report.spec import FigureSpec

_PIES = "pie_share"
_WORDS = {_PIES: "PIE share (% of images)", SHIFT: "shift (points)"}


def build(frames: Frames) -> Figure:
    """Two panels per regime and kind of level: the share on the left, the shift on the right."""
    table = require(frames, "pies")
    looks = lines.looks(table)
    cells = lines.by_level(table)
    cells, left_out = without_lone_points(cells, lines.level_names(cells))
    shares = [
        lines.in_percent(cells, quantity, lowest=lowest).assign(
            quantity=quantity, column=f"{quantity} " + cells["column"]
        )
        for quantity, lowest in ((_PIES, 0.0), (SHIFT, -math.inf))
    ]
    rows = pd.concat(shares, ignore_index=True)
    # A shift is filled where the labels are shown to have moved, and hollow elsewhere.
    face = rows["line"].map({name: look.color for name, look in looks.items()}).where(rows["verdict"] == MOVED, "white")
    usual = rows["line"].map({name: look.face for name, look in looks.items()})
    rows = rows.assign(face=face.where(rows["quantity"] == SHIFT, usual))
    axes = {column: lines.AXES[kind] for column, kind in zip(rows["column"], rows["level_kind"], strict=True)}
    words = dict(zip(rows["column"], rows["quantity"].map(_WORDS), strict=True))
    plot = lines.plot(lines.side_by_side(rows), looks)
    size = (2.6, 2.1)
    drawing = draw(plot, rows, x=axes, y=words, share_x="col", share_y=False, size=size, names_columns=False)
    for panel in drawing.panels:
        own = rows[(rows["row"] == panel.row) & (rows["column"] == panel.column)]
        if own["quantity"].iloc[0] == _PIES:
            style.across(panel.ax, style.NULL, 100 * own["null_share"].iloc[0])
        else:
            panel.ax.axhline(0, color=style.INK, linewidth=1.0, zorder=1)
        lines.level_axis(panel.ax, rows.loc[rows["column"] == panel.column, "x"], own["level_kind"].iloc[0])
    for quantity, linear in ((_PIES, 0.1), (SHIFT, 1.0)):
        style.wide_range([p.ax for p in drawing.panels if p.column.startswith(quantity)], linear=linear)
    style.legend(drawing.figure, lines.drawn_looks(looks, rows) | {"null: dense against dense": style.NULL})
    style.note(drawing.figure, left_out)
    return drawing.figure


SPEC = FigureSpec(
    name="pie_share",
    title="PIE share, null and shift",
    caption=(
        "Left: share of images whose modal label differs between all K dense and all K compressed networks; the "
        "dotted line is the null, the share that differs between two populations of m dense networks (fewer than K, so "
        "not to be subtracted from the line). Right: the shift from the reference, how far compression moves labels "
        "beyond what other seeds give and what its treatment does. Bars are "
        "95 % jackknife intervals over seeds. Filled markers of the shift: the swap test shows a change, and the "
        "interval lies above 0; hollow ones: no move is shown. One row of panels per regime; weights, channels and "
        "bits have panels of their own, and points of equal level stand a little side by side; controls are grey. "
        "Both vertical axes are logarithmic away from 0."
    ),
    reads=("pies",),
    order=30,
    build=build,
)
