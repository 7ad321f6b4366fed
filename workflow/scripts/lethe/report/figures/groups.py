"""Whom compression fails: the change of error of every group beyond that of all examples."""

import pandas as pd
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, possibly_empty
from lethe.compare.level import harshness, levels
from lethe.pies.groups import ALL
from lethe.report import lines, style
from lethe.report.panels import draw, few_columns
from lethe.report.spec import FigureSpec

_MOST = 24  # groups


def build(frames: Frames) -> Figure:
    """One panel per method at its harshest level, one place per group, one mark per regime."""
    table = possibly_empty(frames, "groups")
    table = table[(table["metric"] == "error") & (table["attribute"] != ALL)]
    if table.empty:
        return style.nothing("No example belongs to a group.")
    table = lines.on_main_split(table)
    harshest = table.assign(harshness=harshness(table))
    top = harshest.groupby(["regime", "method"])["harshness"].transform("max")
    table = table[(harshest["harshness"] == top).to_numpy()]
    names = table["attribute"] + ": " + table["group"]
    moving = table["excess"].abs().groupby(names).max().sort_values(ascending=False, kind="stable")
    shown = names.isin(moving.index[:_MOST])
    table, names = table[shown], names[shown]
    words = table["method"] + ", " + pd.Series([level.words for level in levels(table)], index=table.index)
    ends = {end: 100 * table[f"excess_{end}"] for end in ("low", "high")}
    rows = table.assign(
        row="", column=words, place=names, line=table["regime"].astype(str), value=100 * table["excess"], **ends
    )
    rows, left_out = few_columns(rows)
    looks = {name: style.Look(look.color, look.marker, "none") for name, look in lines.regime_looks(table).items()}
    size = (3.4, 0.8 + 0.24 * rows["place"].nunique())
    plot = lines.intervals(rows, looks, along="y")
    drawing = draw(plot, rows, x="change of error beyond the average (points)", y="group", share_x=True, size=size)
    for panel in drawing.panels:
        panel.ax.axvline(0, color=style.INK, linewidth=0.9, zorder=0)
    style.legend(drawing.figure, looks)
    fewer = (
        f"The {_MOST} groups that move most are shown, {len(moving) - _MOST} are not." if len(moving) > _MOST else ""
    )
    style.note(drawing.figure, fewer, left_out)
    return drawing.figure


SPEC = FigureSpec(
    name="groups",
    title="Groups that pay more than the average",
    caption=(
        "Change of a group's error minus the change of the error of all examples, both against dense networks after "
        "the same treatment, of every method at its harshest level: right of 0 a group pays more than the average. "
        "Bars: 95 % intervals over seeds; the table has q values and the change that could have been seen."
    ),
    reads=("groups",),
    order=340,
    chapter="groups",
    build=build,
)
