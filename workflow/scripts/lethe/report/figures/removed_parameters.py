"""Fair comparison: accuracy and PIE share against the parameters that are really removed.

removed = 1 - non-zero parameters / parameters of the dense network. Quantisation removes none, also where it rounds
weights to 0, and is left out.
"""

import pandas as pd
from matplotlib.figure import Figure

from lethe.compare.frames import ON_BITS, Frames, require
from lethe.report import lines, style
from lethe.report.panels import draw, without_lone_points
from lethe.report.spec import FigureSpec

NOTHING = "no method here removes parameters"
_ACCURACY, _PIES = "accuracy (%)", "PIE share (% of images)"


def build(frames: Frames) -> Figure:
    """Two panels per regime: accuracy, and beside it the PIE share; words where no method removes parameters."""
    table = lines.on_main_split(require(frames, "comparison"))
    removing = table[table["acts_on"] != ON_BITS]
    if removing.empty:
        figure = Figure(figsize=(6.4, 1.0))
        figure.text(0.5, 0.5, NOTHING, ha="center", color=style.GREY)
        return figure
    looks = lines.looks(table)
    x = 100 * removing["removed_parameters"]
    cells = removing.assign(row=lines.where(table), column="", line=lines.line_names(table), x=x)
    cells, left_out = without_lone_points(cells, lines.level_names(cells))
    accuracy = lines.in_percent(cells, "compressed_accuracy").assign(column=_ACCURACY)
    pies = lines.in_percent(cells, "pie_share", lowest=0.0).assign(column=_PIES)
    rows = pd.concat([accuracy, pies], ignore_index=True)
    words = {column: column for column in (_ACCURACY, _PIES)}
    plot = lines.plot(lines.side_by_side(rows), looks)
    size = (4.6, 2.3)
    drawing = draw(plot, rows, x="parameters removed (%)", y=words, share_y="col", size=size, names_columns=False)
    for panel in drawing.panels:
        if panel.column == _ACCURACY:
            style.across(panel.ax, style.DENSE, 100 * rows.loc[rows["row"] == panel.row, "dense_accuracy"].iloc[0])
    style.wide_range([panel.ax for panel in drawing.panels if panel.column == _PIES], linear=0.1)
    style.legend(drawing.figure, lines.drawn_looks(looks, rows) | {"dense networks": style.DENSE})
    style.note(drawing.figure, left_out)
    return drawing.figure


SPEC = FigureSpec(
    name="removed_parameters",
    title="Accuracy and PIE share against removed parameters",
    caption=(
        "All methods on one axis: the share of the dense network's parameters that is gone or zero, whatever a level "
        "counts; one row of panels per regime. Grey dashed lines with hollow markers are controls: weights or "
        "channels chosen at random, and small dense networks trained from scratch. A method that was treated "
        "otherwise after compression than most are says so and is dotted; compare lines of one treatment. The "
        "networks of methods that act during training are not made from the dense ones, so their PIE share holds seed "
        "noise as well. Bars are 95 % jackknife intervals over seeds; the dashed horizontal line is the dense "
        "networks. The axis of PIE shares is logarithmic away from 0. Quantisation removes no parameters and is not "
        "shown."
    ),
    reads=("comparison",),
    order=60,
    build=build,
)
