"""Images of the gallery table, each with its label and what the dense and the compressed networks say."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.cells import GROUP
from lethe.compare.frames import Frames, require
from lethe.compare.level import Level
from lethe.core.errors import EmptyReport
from lethe.report import style
from lethe.report.lines import group_title
from lethe.report.spec import FigureSpec

_COLUMNS = 10
_ROW_HEIGHT, _NOTE_HEIGHT = 1.9, 0.5  # inches
_SAID = (("label", "label"), ("dense", "dense_label"), ("comp.", "compressed_label"))


def build(frames: Frames) -> Figure:
    """One row per (regime, split, method); a row that says so where no level rises above seed noise."""
    table = require(frames, "gallery")
    if "images" not in frames:
        raise EmptyReport("no images are given; give the images and examples of the gallery's splits")
    pixels = dict(zip(frames["images"]["example_id"], frames["images"]["pixels"], strict=True))
    names: dict[int, str] = dict(frames["class_names"].itertuples(index=False)) if "class_names" in frames else {}
    groups = list(table.groupby(GROUP, sort=False))
    heights = [_NOTE_HEIGHT if rows["note"].any() else _ROW_HEIGHT for _, rows in groups]
    figure = Figure(figsize=(1.02 * _COLUMNS, sum(heights)))
    parts = figure.subfigures(len(groups), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, (key, rows) in zip(parts, groups, strict=True):
        level, level_kind, note = rows[["level", "level_kind", "note"]].iloc[0]
        heading = group_title(key, table) + (f" at {Level(level, level_kind).phrase}" if level else "")
        top = 1 - 0.1 / (_NOTE_HEIGHT if note else _ROW_HEIGHT)
        part.text(0.01, top, heading, weight="bold", va="top", fontsize=10)
        if note:
            part.text(0.01, 0.05, note, color=style.GREY, va="bottom")
            continue
        for number, row in enumerate(rows.itertuples()):
            left = 0.01 + 0.99 * number / _COLUMNS
            _draw(part.add_axes((left, 0.34, 0.8 / _COLUMNS, 0.46)), row, pixels[row.example_id], names)
    return figure


def _draw(ax: Axes, row: Any, pixels: np.ndarray, names: dict[int, str]) -> None:
    """One image, and below it its label and what either population says."""
    ax.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    ax.set_axis_off()
    for line, (word, field) in enumerate(_SAID):
        label = getattr(row, field)
        wrong = label != row.label
        ax.text(
            0,
            -0.1 - 0.2 * line,
            f"{word} {_short(names.get(label, str(label)))}",
            transform=ax.transAxes,
            va="top",
            fontsize=7,
            color=style.HARM if wrong else style.INK,
        )


def _short(name: str) -> str:
    return name if len(name) <= 10 else name[:9] + "…"


SPEC = FigureSpec(
    name="gallery",
    title="The images that compression moves furthest",
    caption=(
        "The PIEs with the largest margin shift, for each method at the mildest level whose PIEs are above seed "
        "noise. Under each image: its label, the modal label of the dense networks, and that of the compressed "
        "networks; wrong ones in orange."
    ),
    reads=("gallery",),
    images=True,
    order=160,
    build=build,
)
