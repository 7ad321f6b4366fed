"""Accuracy against level, one line per method, with the dense networks as a dashed line."""

from matplotlib.figure import Figure

from lethe.compare.frames import Frames, require
from lethe.report import lines, style
from lethe.report.panels import draw, without_lone_points
from lethe.report.spec import FigureSpec

_DENSE = ["dense_accuracy", "dense_accuracy_low", "dense_accuracy_high"]


def build(frames: Frames) -> Figure:
    """One panel per regime and kind of level."""
    table = require(frames, "accuracy")
    looks = lines.looks(table)
    rows = lines.in_percent(lines.by_level(table), "compressed_accuracy")
    rows, left_out = without_lone_points(rows, lines.level_names(rows))
    plot = lines.plot(lines.side_by_side(rows), looks)
    drawing = draw(plot, rows, x=lines.AXES, y="accuracy (%)", share_x="col", names_columns=False)
    for panel in drawing.panels:
        own = rows[(rows["row"] == panel.row) & (rows["column"] == panel.column)]
        style.across(panel.ax, style.DENSE, *(100 * own[_DENSE].iloc[0]))
        lines.level_axis(panel.ax, rows.loc[rows["column"] == panel.column, "x"], panel.column)
    style.legend(drawing.figure, lines.drawn_looks(looks, rows) | {"dense networks": style.DENSE})
    style.note(drawing.figure, left_out)
    return drawing.figure


SPEC = FigureSpec(
    name="accuracy",
    title="Accuracy against level",
    caption=(
        "Mean accuracy of the compressed networks at every level, one row of panels per regime; bars are 95 % "
        "jackknife intervals over seeds. Weights, channels and bits are different things and have panels of their "
        "own. Points of equal level stand a little side by side. A method that was treated otherwise after "
        "compression than most are says so and is dotted; controls are grey. The dashed line and its band are the "
        "dense networks."
    ),
    reads=("accuracy",),
    order=10,
    build=build,
)
