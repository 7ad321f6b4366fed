"""Accuracy on PIEs of the clean images and on the others, clean and corrupted, along the levels of every method."""

import pandas as pd
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, possibly_empty
from lethe.compare.level import positions
from lethe.report import lines, style
from lethe.report.panels import draw, few_columns
from lethe.report.spec import FigureSpec
from lethe.report.style import Look

_CLEAN = "test"


def build(frames: Frames) -> Figure:
    """One panel per regime and method, four lines: on PIEs and on the others, clean and corrupted."""
    table = possibly_empty(frames, "sensitivity")
    table = table[table["scored"] == "compressed"]
    if table.empty:
        return style.nothing("There are no test images.")
    corrupted = [name for name in dict.fromkeys(table["images"]) if name != _CLEAN][:1]
    words = {_CLEAN: "clean", **{name: name.partition("@")[2] for name in corrupted}}
    table = table[table["images"].isin(list(words))]
    parts = []
    for place, name in (("others", "others"), ("pies", "PIEs")):
        part = lines.in_percent(table, f"on_{place}", lowest=0.0)
        parts.append(part.assign(line=[f"{name}, {words[images]}" for images in table["images"]]))
    rows = pd.concat(parts, ignore_index=True).dropna(subset=["y"])
    rows = rows.assign(row=lines.where(rows), column=rows["method"].astype(str), x=positions(rows))
    rows, left_out = few_columns(rows)
    looks = {
        f"{name}, {images}": Look(style.PALETTE[color], style.MARKERS[color], dash)
        for color, name in enumerate(("others", "PIEs"))
        for images, dash in zip(words.values(), ("-", style.DOTTED), strict=False)
    }
    drawing = draw(lines.plot(rows, looks), rows, x="level", y="accuracy (%)", share_x=False, share_y=True)
    style.legend(drawing.figure, lines.drawn_looks(looks, rows))
    style.note(drawing.figure, left_out)
    return drawing.figure


SPEC = FigureSpec(
    name="sensitivity",
    title="Whether forgotten images are fragile",
    caption=(
        "Accuracy of the compressed networks on PIEs and on the other images, on the clean test images and on the "
        "first corrupted copy of the study, along every method's levels: percent removed, or bits kept. PIEs are "
        "chosen on the clean images by seeds that are not scored. Bars: 95 % jackknife intervals over seeds."
    ),
    reads=("sensitivity",),
    order=370,
    chapter="sensitivity",
    build=build,
)
