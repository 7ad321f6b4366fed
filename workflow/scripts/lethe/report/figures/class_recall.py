"""Which classes pay: the recall change of every class beyond the change of accuracy, as a heat map.

Colours are logarithmic away from 0; a dot marks q <= .05. Of more than 60 classes the 60 that move most are shown.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, SymLogNorm
from matplotlib.figure import Figure

from lethe.compare.cells import GROUP
from lethe.compare.frames import Frames, require
from lethe.compare.level import BITS, levels
from lethe.compare.verdict import SIGNIFICANT
from lethe.report import style
from lethe.report.lines import group_title
from lethe.report.spec import FigureSpec

_MOST = 60
_FEW = 30  # up to here rows are higher than their labels need
_LEVEL_WIDTH = 0.38
_PAGE_WIDTH = 14.0  # inches
_COLORS = LinearSegmentedColormap.from_list("harm_help", [style.HARM, "#f3b48a", "#fafafa", "#8fc1e3", style.HELP])


def build(frames: Frames) -> Figure:
    """One panel per (regime, split, method), one row per class, one column per level."""
    table = require(frames, "classes")
    names: dict[int, str] = dict(frames["class_names"].itertuples(index=False)) if "class_names" in frames else {}
    classes = _shown(table)
    groups = list(table.groupby(GROUP, sort=False))
    figure, axes = _axes([rows["level"].nunique() for _, rows in groups], len(classes))
    for ax, (key, rows) in zip(axes.flat, groups, strict=False):
        image = _draw(ax, rows, classes)
        ax.set_title(group_title(key, table).replace(", ", "\n"), fontsize=9)
    for ax in axes.flat[len(groups) :]:
        ax.set_visible(False)
    axes[0, 0].set_yticks(range(len(classes)), [names.get(label, str(label)) for label in classes])
    hidden = table["label"].nunique() - len(classes)
    words = "class" + (f" (the {len(classes)} that move most; {hidden} not shown)" if hidden else "")
    for row in axes:
        row[0].set_ylabel(words)
    figure.supxlabel(_level_words(table), fontsize=9)
    _color_bar(figure, axes, image)
    return figure


def _axes(widths: list[int], classes: int) -> tuple[Figure, Any]:
    """Panels for groups of so many levels each, in as many rows as keep a row within a page's width."""
    fitting = int((_PAGE_WIDTH - 2.4) / (_LEVEL_WIDTH * max(widths) + 0.5))
    columns = min(len(widths), max(1, fitting))
    is_one_row = columns == len(widths)
    wide = widths if is_one_row else [max(widths)] * columns
    rows = -(-len(widths) // columns)
    width = max(6.4, 2.4 + _LEVEL_WIDTH * sum(wide) + 0.5 * columns)
    height = (1.7 if is_one_row else 0.9) + (0.26 if classes <= _FEW else 0.19) * classes
    figure = Figure(figsize=(width, rows * height + (0 if is_one_row else 0.8)), layout="constrained")
    return figure, figure.subplots(rows, columns, sharey=True, squeeze=False, width_ratios=wide)


def _shown(table: pd.DataFrame) -> list[int]:
    """Labels in order; where there are too many, those with the largest change anywhere."""
    most = table["normalised_change"].abs().groupby(table["label"]).max().sort_values(ascending=False, kind="stable")
    return sorted(most.index[:_MOST])


def _draw(ax: Axes, rows: pd.DataFrame, classes: list[int]) -> Any:
    """Colours of one method's classes and levels, with a dot where a test says so."""
    shown = list(dict.fromkeys(levels(rows)))
    texts = [level.text for level in shown]
    change = rows.pivot(index="label", columns="level", values="normalised_change").reindex(classes)[texts]
    q = rows.pivot(index="label", columns="level", values="q").reindex(classes)[texts]
    norm = SymLogNorm(linthresh=1, linscale=0.5, vmin=-100, vmax=100)
    image = ax.imshow(change.to_numpy(float) * 100, aspect="auto", cmap=_COLORS, norm=norm, interpolation="nearest")
    y, x = np.nonzero(q.to_numpy(float) <= SIGNIFICANT)
    ax.plot(x, y, linestyle="", marker="o", markersize=3, color=style.INK)
    ax.set_xticks(range(len(shown)), [level.number.removesuffix(" %").replace(" bits", "b") for level in shown])
    ax.set_xticks(np.arange(len(shown) - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(len(classes) - 1) + 0.5, minor=True)
    ax.grid(False)
    ax.grid(True, which="minor", color="white", linewidth=1.2)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    return image


def _level_words(table: pd.DataFrame) -> str:
    """What the numbers below the columns count."""
    are_bits = set(table["level_kind"] == BITS)
    return " or ".join(words for bits, words in ((False, "removed (%)"), (True, "bits kept (b)")) if bits in are_bits)


def _color_bar(figure: Figure, axes: Any, image: Any) -> None:
    """What the colours mean, right of all panels."""
    bar = figure.colorbar(
        image, ax=axes, location="right", shrink=min(0.9, 3.6 / figure.get_figheight()), aspect=22, pad=0.02
    )
    ticks = [-100, -10, -1, 0, 1, 10, 100]
    bar.set_ticks(ticks, labels=[f"{tick:+d}".replace("-", "−") if tick else "0" for tick in ticks])
    bar.ax.minorticks_off()
    bar.set_label("recall change beyond accuracy (points)")
    bar.outline.set_visible(False)


SPEC = FigureSpec(
    name="class_recall",
    title="Which classes pay",
    caption=(
        "Change of a class's recall minus the change of accuracy, in points: orange classes lose more than the "
        "average, blue ones less. A dot marks q <= 0.05, a paired test adjusted over all classes and cells. The "
        "color scale is logarithmic away from 0."
    ),
    reads=("classes",),
    order=170,
    build=build,
)
