"""Which classes pay under which method, where all remove the same share of the parameters."""

from matplotlib.figure import Figure

from lethe.compare.frames import Frames, possibly_empty
from lethe.report import lines, style
from lethe.report.panels import draw
from lethe.report.spec import FigureSpec

_CONTROLS = ("random control", "capacity control")
_MOST = 40  # classes


def build(frames: Frames) -> Figure:
    """One panel per regime: one place per class, one mark per method."""
    table = possibly_empty(frames, "class_changes")
    table = table[~table["role"].isin(_CONTROLS)]
    if table.empty:
        return style.nothing("No method removes half, three quarters or nine tenths of the parameters.")
    table = lines.on_main_split(table)
    counted = table.groupby(["removed_parameters", "treatment"])["method"].nunique()
    (removed, treatment) = counted.sort_values(ascending=False, kind="stable").index[0]
    rows = table[(table["removed_parameters"] == removed) & (table["treatment"] == treatment)]
    names: dict[int, str] = dict(frames["class_names"].itertuples(index=False)) if "class_names" in frames else {}
    moving = rows.groupby("label")["normalised_change"].apply(lambda known: known.abs().max())
    classes = sorted(moving.sort_values(ascending=False, kind="stable").index[:_MOST])
    rows = rows[rows["label"].isin(classes)].sort_values("label", kind="stable")
    rows = rows.assign(
        row=lines.where(rows),
        column="",
        place=[style.short(names.get(int(label), str(label)), 18) for label in rows["label"]],
        line=rows["method"].astype(str),
        value=100 * rows["normalised_change"],
        **{end: 100 * rows[f"normalised_change_{end}"] for end in ("low", "high")},
    )
    looks = {
        name: style.Look(style.look(number).color, style.look(number).marker, "none")
        for number, name in enumerate(dict.fromkeys(rows["line"]))
    }
    size = (max(4.0, 1.0 + 0.12 * len(looks) * len(classes)), 2.4)
    plot = lines.intervals(rows, looks)
    drawing = draw(plot, rows, x="class", y="beyond accuracy (points)", share_y=True, size=size)
    for panel in drawing.panels:
        panel.ax.axhline(0, color=style.INK, linewidth=0.9, zorder=0)
    style.legend(drawing.figure, looks)
    style.note(drawing.figure, f"{100 * float(removed):g} % of the parameters removed, networks {treatment}.")
    return drawing.figure


SPEC = FigureSpec(
    name="class_changes",
    title="Which classes pay under which method",
    caption=(
        "Change of every class's recall minus the change of accuracy, at the share of the parameters that most methods "
        "of one treatment remove, read between levels where none reaches it: below 0 a class pays more than the "
        "average. Bars: 95 % intervals over seeds. The table of agreement says whether the same classes pay."
    ),
    reads=("class_changes",),
    order=350,
    chapter="families",
    build=build,
)
