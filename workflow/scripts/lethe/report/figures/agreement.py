"""How far the dense networks agree on the images that will be PIEs, against the other images.

Dot: mean agreement of the group; bar: its 10th to 90th percentile over images.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.cells import GROUP
from lethe.compare.frames import Frames, require
from lethe.compare.level import levels
from lethe.report import style
from lethe.report.lines import group_title
from lethe.report.spec import FigureSpec

_LOOKS: dict[str, dict[str, Any]] = {
    "PIEs": {"color": style.HARM, "marker": "o", "offset": -0.14},
    "others": {"color": style.HELP, "marker": "s", "offset": 0.14},
}


def build(frames: Frames) -> Figure:
    """One panel per (regime, split, method)."""
    table = require(frames, "agreement")
    groups = list(table.groupby(GROUP, sort=False))
    columns = min(3, len(groups))
    figure, axes = style.grid(-(-len(groups) // columns), columns, width=3.4, height=2.8, sharey=True)
    for ax, (key, rows) in zip(axes.flat, groups, strict=False):
        _draw(ax, rows)
        style.title(ax, group_title(key, table))
    for ax in axes.flat[len(groups) :]:
        ax.set_visible(False)
    for row in axes:
        row[0].set_ylabel("dense agreement (%)")
    style.legend(
        figure,
        {
            name: {"color": look["color"], "marker": look["marker"], "linewidth": 3, "markeredgecolor": "white"}
            for name, look in (
                ("PIEs: mean, 10th to 90th percentile", _LOOKS["PIEs"]),
                ("other images", _LOOKS["others"]),
            )
        },
    )
    return figure


def _draw(ax: Axes, rows: pd.DataFrame) -> None:
    """Two bars and dots per level, one per group."""
    shown = list(dict.fromkeys(levels(rows)))
    texts = [level.text for level in shown]
    for (level, group), values in rows.groupby(["level", "group"], sort=False):
        look = _LOOKS[str(group)]
        agreement, weight = values["dense_agreement"].to_numpy() * 100, values["examples"].to_numpy()
        x = texts.index(str(level)) + look["offset"]
        low, high = (weighted_quantile(agreement, weight, at) for at in (0.1, 0.9))
        ax.plot([x, x], [low, high], color=look["color"], linewidth=3, alpha=0.35, solid_capstyle="round")
        ax.plot(
            x,
            np.average(agreement, weights=weight),
            marker=look["marker"],
            color=look["color"],
            markersize=6,
            markeredgecolor="white",
        )
    ax.set_xticks(range(len(shown)), [level.number for level in shown])
    ax.set_ylim(min(ax.get_ylim()[0], 80), 102)
    ax.set_xlim(-0.6, len(shown) - 0.4)
    ax.grid(False, axis="x")
    ax.set_xlabel("level")


def weighted_quantile(values: np.ndarray, weights: np.ndarray, at: float) -> float:
    """Smallest value with at least the share `at` of the weight at or below it; values ascending."""
    reached = np.cumsum(weights) / np.sum(weights)
    return float(values[np.searchsorted(reached, at - 1e-12)])


SPEC = FigureSpec(
    name="agreement",
    title="Dense agreement on PIEs and on the other images",
    caption=(
        "Share of the dense networks on an image's modal label, for the images that become PIEs and for the "
        "others. At mild levels PIEs are the images on which seeds disagree; at harsh levels even unanimous "
        "images change. A level without PIEs shows the others only."
    ),
    reads=("agreement",),
    order=200,
    build=build,
)
