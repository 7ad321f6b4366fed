"""How far the dense networks agree on the images that will be PIEs, against the other images.

Marker: mean agreement of the group; bar: its 10th to 90th percentile over images.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lethe.compare.frames import Frames
from lethe.compare.level import Level
from lethe.report import lines, style
from lethe.report.panels import draw, few_columns
from lethe.report.spec import FigureSpec
from lethe.report.style import Look

_LOOKS = {"PIEs": Look(style.HARM, "o"), "others": Look(style.HELP, "s")}
_WORDS = {"PIEs": "PIEs: mean, 10th to 90th percentile", "others": "other images"}


def build(frames: Frames) -> Figure:
    """One panel per regime and method."""
    rows, left_out = few_columns(_described(lines.by_method(frames, "agreement")))
    plot = lines.intervals(rows, _LOOKS)
    drawing = draw(plot, rows, x="level", y="dense agreement (%)", share_x=False, size=(2.6, 2.0))
    for panel in drawing.panels:
        panel.ax.set_ylim(min(panel.ax.get_ylim()[0], 80), 102)
    style.legend(drawing.figure, {_WORDS[name]: Look(look.color, look.marker, "none") for name, look in _LOOKS.items()})
    style.note(drawing.figure, left_out)
    return drawing.figure


def _described(table: pd.DataFrame) -> pd.DataFrame:
    """One row per panel, level and group of images: the mean agreement, and its percentiles as `low` and `high`."""
    found = []
    names = ["row", "column", "level", "level_kind", "group"]
    for (row, column, level, level_kind, group), values in table.groupby(names, sort=False):
        agreement, weight = values["dense_agreement"].to_numpy() * 100, values["examples"].to_numpy()
        low, high = (weighted_quantile(agreement, weight, at) for at in (0.1, 0.9))
        place = Level(str(level), str(level_kind)).number
        value = float(np.average(agreement, weights=weight))
        found.append((row, column, place, group, value, low, high))
    return pd.DataFrame(found, columns=["row", "column", "place", "line", "value", "low", "high"])


def weighted_quantile(values: np.ndarray, weights: np.ndarray, at: float) -> float:
    """Smallest value with at least the share `at` of the weight at or below it; values ascending."""
    reached = np.cumsum(weights) / np.sum(weights)
    return float(values[np.searchsorted(reached, at - 1e-12)])


SPEC = FigureSpec(
    name="agreement",
    title="Dense agreement on PIEs and on the other images",
    caption=(
        "Share of the dense networks on an image's modal label, for the images that become PIEs and for the others, "
        "one row of panels per regime and one column per method; bars reach from the 10th to the 90th percentile over "
        "images. PIEs far below the others: seeds disagreed on them before anything was compressed; as high as the "
        "others: "
        "images change on which the dense networks agreed. A level without PIEs shows the others only. Controls are "
        "in the table alone."
    ),
    reads=("agreement", "accuracy"),
    order=200,
    build=build,
)
