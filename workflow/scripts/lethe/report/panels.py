"""Panels of a figure as facets of a long table: one row of panels per regime, one column per kind of level.

A table to be drawn has the columns `row` and `column`, which name its panels, in order of appearance.
"""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd
import seaborn.objects as so
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.report import style

# Words of an axis: the same for all panels, or by column.
Words: TypeAlias = str | Mapping[str, str]
# Which panels have one axis: all, those of a row, those of a column, or none.
Share: TypeAlias = bool | str

_SIDES = {"row": "row", "col": "column"}  # what seaborn calls the sides of a grid, and the columns that name them
_PAGE = 12.0  # inches
_MOST_COLUMNS, _MOST_WRAPPED = 6, 20


@dataclass(frozen=True)
class Panel:
    """A pair of axes that shows something, and where it stands."""

    ax: Axes
    row: str
    column: str


@dataclass(frozen=True)
class Drawing:
    """A figure and its panels."""

    figure: Figure
    panels: tuple[Panel, ...]


def draw(
    plot: so.Plot,
    rows: pd.DataFrame,
    *,
    x: Words,
    y: Words,
    share_x: Share = True,
    share_y: Share = True,
    size: tuple[float, float] = (3.2, 2.2),
    names_columns: bool = True,
) -> Drawing:
    """Draw a plot with one panel per `row` and `column` of the table; a single row or column of panels is wrapped.

    Args:
        x, y: words at the axes, without those of an inner panel that shares them.
        size: of a panel, in inches; smaller where the page is too narrow.
        names_columns: whether titles name the column, and not the row alone.
    """
    names = {side: list(dict.fromkeys(rows[name])) for side, name in _SIDES.items()}
    flow = next((side for side, other in (("row", "col"), ("col", "row")) if len(names[other]) == 1), None)
    shared: list[Share] = [share_x, share_y]
    if flow:  # all panels are alike in one respect, and follow each other in the other
        across = _abreast(len(names[flow]), size[0])
        down = math.ceil(len(names[flow]) / across)
        plot = plot.facet(col=_SIDES[flow], order=names[flow], wrap=across)
        shared = [share if isinstance(share, bool) else share != flow for share in shared]
    else:
        across, down = len(names["col"]), len(names["row"])
        plot = plot.facet(**_SIDES, order=names)
    # A figure of few panels is at least wide enough for its legend.
    width = max(min(size[0], _PAGE / across) * across + 0.4, 6.4)
    figure = Figure(figsize=(width, size[1] * down + 0.6), layout="constrained")
    with warnings.catch_warnings():
        # seaborn 0.13.2 passes an argument to pandas that pandas 3 ignores and warns of.
        warnings.filterwarnings("ignore", "The copy keyword is deprecated")
        plot.share(x=shared[0], y=shared[1]).theme(style.theme()).on(figure).plot()
    places = [(row, column) for row in names["row"] for column in names["col"]]
    panels = [Panel(ax, *place) for ax, place in zip(figure.axes, places, strict=True)]
    shown = _shown(panels, rows)
    for panel in shown:
        title = [panel.row] * (len(names["row"]) > 1) + [panel.column] * (len(names["col"]) > 1 and names_columns)
        panel.ax.set_title(style.title_text(width / across, *title))
    _label(shown, x, y, shared)
    return Drawing(figure, tuple(shown))


def _abreast(count: int, width: float) -> int:
    """How many of so many panels stand side by side, in rows that are as even as can be."""
    return math.ceil(count / math.ceil(count / max(1, int(_PAGE / width))))


def _shown(panels: list[Panel], rows: pd.DataFrame) -> list[Panel]:
    """The panels that the table has rows for; others leave their place empty."""
    known = set(zip(rows["row"], rows["column"], strict=True))
    for panel in panels:
        panel.ax.set_visible((panel.row, panel.column) in known)
    return [panel for panel in panels if panel.ax.get_visible()]


def _label(panels: list[Panel], x: Words, y: Words, shared: list[Share]) -> None:
    """Numbers and words at the axes that no visible panel to the left or below says already."""
    places = {_place(panel): panel for panel in panels}
    for (row, column), panel in places.items():
        is_lowest = not any(r > row and c == column for r, c in places)
        before = [c for r, c in places if r == row and c < column]
        is_first = not before or _said(y, places[row, max(before)]) != _said(y, panel)
        inner_x, inner_y = shared[0] in (True, "col"), shared[1] in (True, "row")
        panel.ax.set_xlabel(_said(x, panel), visible=is_lowest)
        panel.ax.set_ylabel(_said(y, panel), visible=is_first)
        panel.ax.tick_params(labelbottom=is_lowest or not inner_x, labelleft=not before or not inner_y)


def _place(panel: Panel) -> tuple[int, int]:
    spec: Any = panel.ax.get_subplotspec()
    return spec.rowspan.start, spec.colspan.start


def _said(words: Words, panel: Panel) -> str:
    return words if isinstance(words, str) else words[panel.column]


def without_lone_points(rows: pd.DataFrame, names: pd.Series) -> tuple[pd.DataFrame, str]:
    """The rows of panels with more than one point, and a sentence that says which points have no panel.

    Where no panel has more, all are kept: a figure shows something.

    Args: names: what each row is, in words, where it is left out.
    """
    is_lone = rows.groupby(["row", "column"])["row"].transform("size") == 1
    if is_lone.all() or not is_lone.any():
        return rows, ""
    words = [
        f"{name} ({row})" if row else name for name, row in zip(names[is_lone], rows.loc[is_lone, "row"], strict=True)
    ]
    return rows[~is_lone], f"Not drawn, because each would be alone in its panel: {', '.join(words)}; see the table."


def few_columns(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows of the first columns of panels, and a sentence that names those that are left out.

    A single row of panels is wrapped, so that it has room for more.
    """
    names = list(dict.fromkeys(rows["column"]))
    most = _MOST_COLUMNS if rows["row"].nunique() > 1 else _MOST_WRAPPED
    if len(names) <= most:
        return rows, ""
    return rows[rows["column"].isin(names[:most])], f"Not drawn for want of room: {', '.join(names[most:])}."
