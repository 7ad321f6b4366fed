"""Images of the gallery table, each with its label and what the dense and the compressed networks say.

Drawn by matplotlib alone: seaborn has no mark for an image.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.frames import Frames
from lethe.compare.level import Level
from lethe.compare.verdict import SIGNIFICANT
from lethe.core.errors import EmptyReport
from lethe.report import lines, style
from lethe.report.spec import FigureSpec

_IMAGES = 6  # of one method; the table has more
_MOST = 18  # methods of all regimes together
_WIDTH, _HEIGHT, _NOTE_LINE = 5.2, 1.45, 0.18  # inches, of a method and of a line of the notes below all
_LONGEST = 10  # characters of a name
_SAID = (("label", "label"), ("dense", "dense_label"), ("comp.", "compressed_label"))


def build(frames: Frames) -> Figure:
    """Two methods abreast, regime by regime; below, a sentence about those that are shown to change nothing."""
    table = lines.by_method(frames, "gallery")
    if "images" not in frames:
        raise EmptyReport("no images are given; give the images and examples of the gallery's splits")
    pixels = dict(zip(frames["images"]["example_id"], frames["images"]["pixels"], strict=True))
    names: dict[int, str] = dict(frames["class_names"].itertuples(index=False)) if "class_names" in frames else {}
    is_telling = table["note"] == ""
    groups = [rows for _, rows in table[is_telling].groupby(["row", "column"], sort=False)]
    shown, silent = groups[:_MOST], table[~is_telling].groupby("note", sort=False)
    sentences = [f"{str(note)[0].upper()}{str(note)[1:]}: {_listed([rows])}." for note, rows in silent]
    if groups[_MOST:]:
        sentences.append(f"Not drawn for want of room: {_listed(groups[_MOST:])}.")
    notes = _NOTE_LINE * (1 + style.note_text(2 * _WIDTH, *sentences).count("\n"))
    inches = _HEIGHT * math.ceil(len(shown) / 2) + notes
    figure = Figure(figsize=(2 * _WIDTH, inches))
    height = _HEIGHT / inches
    for number, rows in enumerate(shown):
        place = (0.01 + 0.5 * (number % 2), 1 - height * (number // 2), height)
        _draw(figure, rows, place, pixels, names)
    style.note(figure, *sentences)
    return figure


def _listed(parts: Sequence[pd.DataFrame]) -> str:
    """Methods, each once, with their regimes: "fold (supervised), fold (simclr)"."""
    pairs = dict.fromkeys(pair for rows in parts for pair in zip(rows["row"], rows["column"], strict=True))
    return ", ".join(f"{column} ({row})" if row else column for row, column in pairs)


def _draw(
    figure: Figure,
    rows: pd.DataFrame,
    place: tuple[float, float, float],
    pixels: dict[int, np.ndarray],
    names: dict[int, str],
) -> None:
    """One method's heading and images.

    Args: place: left end, upper end and height in parts of the figure.
    """
    left, top, height = place
    row, column, level, level_kind = rows[["row", "column", "level", "level_kind"]].iloc[0]
    heading = f"{', '.join(filter(None, [row, column]))} at {Level(level, level_kind).phrase}"
    figure.text(left, top - 0.06 * height, heading, weight="bold", va="top", fontsize=8.5)
    shown: Any = rows.head(_IMAGES).itertuples()
    for number, image in enumerate(shown):
        at = (left + 0.48 * number / _IMAGES, top - 0.67 * height, 0.4 / _IMAGES, 0.38 * height)
        _draw_image(figure.add_axes(at), image, pixels[image.example_id], names)


def _draw_image(ax: Axes, image: Any, pixels: np.ndarray, names: dict[int, str]) -> None:
    """One image, and below it its label and what either population says."""
    ax.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    ax.set_axis_off()
    if image.q <= SIGNIFICANT:
        ax.set_title(f"q {max(image.q, 0.001):.2g}", fontsize=6.5, pad=1.5, color=style.INK)
    for line, (word, field) in enumerate(_SAID):
        label = getattr(image, field)
        ax.text(
            0,
            -0.1 - 0.24 * line,
            f"{word} {style.short(names.get(label, str(label)), _LONGEST)}",
            transform=ax.transAxes,
            va="top",
            fontsize=7,
            color=style.HARM if label != image.label else style.INK,
        )


SPEC = FigureSpec(
    name="gallery",
    title="Images reliably lost, and those that compression moves furthest",
    caption=(
        "Six images at most for each method, at the mildest level that is shown to change predictions: first those "
        "that are reliably lost or gained, each by a test of its own (marked q), then PIEs with the largest margin "
        "shift. Under each image: its label, the modal label of the dense networks, and that of the compressed "
        "networks; wrong ones in orange. A sentence below names the methods that have no such level. Controls and "
        "more images are in the table."
    ),
    reads=("gallery", "accuracy"),
    images=True,
    order=160,
    build=build,
)
