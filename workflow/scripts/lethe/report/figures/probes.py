"""Accuracy of probes of every regime's encoder, beside the same probes of raw pixels and untrained encoders."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.frames import Frames, require
from lethe.report import style
from lethe.report.spec import FigureSpec

_TITLES = {"linear": "linear probe", "knn": "nearest neighbours"}
_ENCODER: dict[str, Any] = {"color": style.PALETTE[0], "marker": "o", "linestyle": "none"}
_UNTRAINED: dict[str, Any] = {"color": style.GREY, "linestyle": (0, (1, 1.2)), "linewidth": 1.8}


def build(frames: Frames) -> Figure:
    """One panel per probe, one line of it per regime."""
    table = require(frames, "probes")
    shown = list(table.groupby("probe", sort=False))
    regimes = list(dict.fromkeys(table["regime"]))
    figure, axes = style.grid(1, len(shown), height=1.4 + 0.32 * len(regimes), sharey=True)
    for ax, (probe, rows) in zip(axes.flat, shown, strict=True):
        _draw(ax, rows, [regimes.index(regime) for regime in rows["regime"]])
        ax.set_title(_TITLES[str(probe)])
        ax.set_xlabel("test accuracy (%)")
    axes[0, 0].set_yticks(range(len(regimes)), regimes)
    axes[0, 0].set_ylim(len(regimes) - 0.4, -0.6)
    axes[0, 0].set_ylabel("regime")
    style.legend(figure, {"encoder": _ENCODER, "pixels": style.DENSE, "untrained encoder": _UNTRAINED})
    return figure


def _draw(ax: Axes, rows: pd.DataFrame, heights: list[int]) -> None:
    """Points of the encoders, across them the baselines."""
    baselines = rows.iloc[0]  # the same for every regime
    ax.axvline(100 * baselines["pixels_accuracy"], **style.DENSE)
    if pd.notna(baselines["untrained_accuracy_low"]):
        ends = 100 * baselines["untrained_accuracy_low"], 100 * baselines["untrained_accuracy_high"]
        ax.axvspan(*ends, color=style.PALE, linewidth=0)
    ax.axvline(100 * baselines["untrained_accuracy"], **_UNTRAINED)
    ax.hlines(heights, 100 * rows["accuracy_low"], 100 * rows["accuracy_high"], color=_ENCODER["color"], linewidth=1.6)
    ax.plot(100 * rows["accuracy"], heights, **_ENCODER)


SPEC = FigureSpec(
    name="probes",
    title="Probes of the encoders",
    caption=(
        "Test accuracy of a linear probe and of nearest neighbours on the frozen features of every regime's dense "
        "networks, fitted to all training images with all their labels; bars are 95 % t intervals over seeds. "
        "The dashed line is the same probe of the raw pixels, the dotted line with its band that of the networks "
        "before training. "
        "An encoder on the wrong side of the dashed line has lost what the pixels told."
    ),
    reads=("probes",),
    order=20,
    build=build,
)
