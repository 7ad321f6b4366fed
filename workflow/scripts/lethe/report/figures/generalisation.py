"""Train, test and corrupted-test accuracy of every regime, and the three gaps between train and test stacked."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.cells import pick
from lethe.compare.frames import Frames, require
from lethe.compare.gaps import GAPS
from lethe.report import style
from lethe.report.spec import FigureSpec
from lethe.store.schema import NO_TWIN

_SPLITS = {
    "train_accuracy": "train images",
    "test_accuracy": "test images",
    "corrupted_test_accuracy": "corrupted test images",
}
_POINTS = [{**style.look(number), "linestyle": "none"} for number in (1, 0, 2)]
_BARS = ("#E69F00", "#CC79A7", "#56B4E9")
_SUM: dict[str, Any] = {"color": style.INK, "marker": "D", "linestyle": "none", "markersize": 4.5}


def build(frames: Frames) -> Figure:
    """One panel of accuracies, and one of gaps for every share of random labels; one line per regime."""
    table = require(frames, "generalisation")
    own = pick(table, twin=NO_TWIN)
    noisy = [rows for _, rows in table[table["label_noise"] > 0].groupby("twin", sort=False)]
    heights = {str(regime): height for height, regime in enumerate(own["regime"])}
    columns = 1 + len(noisy)
    figure, axes = style.grid(1, columns, width=4.2, height=1.5 + 0.36 * len(heights), sharey=True)
    entries = _accuracies(axes[0, 0], own)
    for ax, rows in zip(axes[0, 1:], noisy, strict=True):
        _gaps(ax, rows, [heights[str(regime)] for regime in rows["regime"]])
    axes[0, 0].set_yticks(range(len(heights)), list(heights))
    axes[0, 0].set_ylim(len(heights) - 0.4, -0.6)
    axes[0, 0].set_ylabel("regime")
    style.legend(figure, entries | (_gap_entries() if noisy else {}))
    return figure


def _accuracies(ax: Axes, own: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Draws the points; returns those that there are, for the legend."""
    entries: dict[str, dict[str, Any]] = {}
    for (name, words), look in zip(_SPLITS.items(), _POINTS, strict=True):
        if own[name].notna().any():
            heights = np.arange(len(own)) + 0.18 * (len(entries) - 1)  # one below the other, or intervals would overlap
            ends = own[f"{name}_low"] * 100, own[f"{name}_high"] * 100
            ax.hlines(heights, *ends, color=look["color"], linewidth=1.6, alpha=0.6)
            ax.plot(own[name] * 100, heights, **look)
            entries[words] = look
    ax.set_title("accuracy")
    ax.set_xlabel("accuracy (%)")
    return entries


def _gaps(ax: Axes, rows: pd.DataFrame, heights: list[int]) -> None:
    """Positive gaps side by side to the right of 0, negative ones to the left; they add up to the diamond."""
    values = rows[list(GAPS)] * 100
    for sign in (1, -1):
        parts = values.where(values * sign > 0, 0.0)
        starts = parts.cumsum(axis=1) - parts
        for name, color in zip(GAPS, _BARS, strict=True):
            ax.barh(heights, parts[name], left=starts[name], height=0.55, color=color, linewidth=0)
    ax.use_sticky_edges = False  # bars would otherwise end at the panel's edge
    ax.axvline(0, color=style.INK, linewidth=1.0)
    ax.plot(values.sum(axis=1, skipna=False), heights, **_SUM)
    ax.set_title(f"gaps, {100 * rows['label_noise'].iloc[0]:g} % random labels")
    ax.set_xlabel("gap (points)")


def _gap_entries() -> dict[str, dict[str, Any]]:
    """What the legend says of the bars."""
    bars = {
        name.replace("_", " "): {"color": color, "marker": "s", "linestyle": "none", "markersize": 8}
        for name, color in zip(GAPS, _BARS, strict=True)
    }
    return bars | {"their sum: train − test": _SUM}


SPEC = FigureSpec(
    name="generalisation",
    title="Who generalises",
    caption=(
        "Left: accuracy of every regime's dense networks on training images whose label was given, on test images, and "
        "on corrupted test images where the study has some (mean over its corrupted splits); bars are 95 % t intervals "
        "over seeds. Right, where the study asks for label noise: why train and test differ. Robustness: what random "
        "labels cost on all training images. Memorisation: the true label is found less often where a wrong one was "
        "given. Rationality: an image with a wrong label fares better than one never seen. Gaps are signed and "
        "add up to the diamond."
    ),
    reads=("generalisation",),
    order=90,
    build=build,
)
