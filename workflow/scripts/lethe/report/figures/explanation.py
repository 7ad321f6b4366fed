"""How well models foretell which images are lost, beside the dense vote margin alone."""

from matplotlib.figure import Figure

from lethe.compare.frames import Frames, possibly_empty
from lethe.report import lines, style
from lethe.report.explained import MODELS
from lethe.report.panels import draw
from lethe.report.spec import FigureSpec


def build(frames: Frames) -> Figure:
    """One panel per regime, one place per method, one mark per model."""
    table = possibly_empty(frames, "explanation")
    if table.empty:
        return style.nothing("No cell loses an image that others keep: there is nothing to foretell.")
    table = lines.on_main_split(table)
    rows = table.assign(
        row="",
        column=lines.where(table),
        place=table["method"] + " " + table["level"],
        line=table["model"],
        value=table["auroc"],
        low=table["auroc_low"],
        high=table["auroc_high"],
    )
    looks = {
        name: style.Look(style.look(number).color, style.look(number).marker, "none")
        for number, name in enumerate(MODELS.values())
    }
    size = (4.2, 0.8 + 0.3 * rows.groupby("column")["place"].nunique().max())
    plot = lines.intervals(rows, looks, along="y")
    drawing = draw(plot, rows, x="AUROC", y="method", share_x=True, share_y=False, size=size)
    for panel in drawing.panels:
        panel.ax.axvline(0.5, color=style.GREY, linewidth=1.0, linestyle=":", zorder=0)
    style.legend(drawing.figure, lines.drawn_looks(looks, rows))
    return drawing.figure


SPEC = FigureSpec(
    name="explanation",
    title="How well it is foretold which images are lost",
    caption=(
        "AUROC for whether a network that is right before compression is wrong after it, of the dense vote margin "
        "alone and of two models of all difficulties of dense networks, on images to which they were not fitted. "
        "Dotted: chance. Bars: 95 % interval over images."
    ),
    reads=("explanation",),
    order=320,
    chapter="explanation",
    build=build,
)
