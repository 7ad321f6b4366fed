"""PIE share against the number of models in each population: what more seeds would do to the noise."""

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from lethe.compare.frames import Frames
from lethe.compare.level import harshness, levels
from lethe.report import lines, style
from lethe.report.panels import draw, few_columns
from lethe.report.spec import FigureSpec
from lethe.report.style import Look

_NULL = Look(style.INK, "", style.DOTTED)
_MILDEST, _HARSHEST = 0.35, 0.95  # places of levels on the map of colours


def build(frames: Frames) -> Figure:
    """One panel per regime and method, one line per level."""
    rows, left_out = few_columns(lines.by_method(frames, "by_size"))
    rows = rows.assign(column=_with_levels(rows), line=_colors(rows), y=100 * rows["cross_share"])
    nulls = rows.drop_duplicates(["row", "column", "models"]).assign(line="null", y=100 * rows["null_share"])
    rows = pd.concat([rows, nulls], ignore_index=True).assign(x=lambda known: known["models"], low=np.nan, high=np.nan)
    looks = {color: Look(color) for color in dict.fromkeys(rows["line"])} | {"null": _NULL}
    plot = lines.plot(rows, looks)
    drawing = draw(plot, rows, x="models in each population", y="differing labels (%)", size=(2.6, 2.0))
    style.wide_range([panel.ax for panel in drawing.panels], linear=0.1)
    for panel in drawing.panels:
        panel.ax.set_xticks(sorted(set(rows["models"])))
    style.legend(
        drawing.figure,
        {
            "null: dense against dense": _NULL,
            "dense against compressed, mildest level": Look(_color(_MILDEST)),
            "harshest level": Look(_color(_HARSHEST)),
        },
    )
    style.note(drawing.figure, left_out)
    return drawing.figure


def _with_levels(rows: pd.DataFrame) -> pd.Series:
    """Names of the columns of panels, with the method's levels in every regime below."""
    known = rows.assign(shown=[level.number for level in levels(rows)], harshness=harshness(rows))
    known = known.sort_values("harshness", kind="stable")
    words = {method: f"{method}\n{_list(own['shown'])}" for method, own in known.groupby("method", sort=False)}
    return rows["method"].map(words)


def _list(amounts: pd.Series) -> str:
    """Amounts of one unit: "60, 80, 90 %"."""
    numbers, units = zip(*(amount.split(" ") for amount in dict.fromkeys(amounts)), strict=True)
    return f"{', '.join(numbers)} {units[0]}"


def _colors(rows: pd.DataFrame) -> list[str]:
    """A colour per row: the darker, the harsher its level is among those of its method."""
    harsh = pd.Series(harshness(rows), index=rows.index)
    rank = harsh.groupby(rows["method"]).rank(method="dense")
    most = rank.groupby(rows["method"]).transform("max")
    place = ((rank - 1) / (most - 1)).fillna(1.0)
    return [_color(_MILDEST + (_HARSHEST - _MILDEST) * at) for at in place]


def _color(at: float) -> str:
    return to_hex(matplotlib.colormaps["YlOrRd"](at))


SPEC = FigureSpec(
    name="by_size",
    title="PIE share against population size",
    caption=(
        "Share of images whose modal label differs between two populations of the given size: dense against other "
        "dense networks (dotted, the null) and dense against other compressed ones (one line per level, the darker "
        "the harsher; panels name their levels). One row of panels per regime, one column per method; controls are in "
        "the table alone. Means over splits of the seeds into halves, without intervals. Compare odd sizes with odd "
        "ones: even populations tie."
    ),
    reads=("by_size", "accuracy"),
    order=210,
    build=build,
)
