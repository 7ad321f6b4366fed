"""Matrices as squares of colour with their numbers in them, rows and columns perhaps in the order of a clustering."""

import math

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from lethe.report import style

_SQUARE = 0.34  # inches
_LABELS = 0.085  # inches, of a character
_MOST_WRITTEN = 40  # squares of a side that have their number


def matrices(
    panels: dict[str, pd.DataFrame], *, low: float, high: float, middle: float, axes_words: tuple[str, str], words: str
) -> Figure:
    """One panel of squares per matrix, all on one scale of colours.

    Args:
        panels: title -> matrix; missing values stay white.
        middle: the value that is drawn in grey: below it is blue, above it orange.
        axes_words: of the horizontal and the vertical axis.
        words: what the colours mean.
    """
    tallest = max(len(matrix) for matrix in panels.values())
    names = max((len(str(name)) for matrix in panels.values() for name in matrix.index), default=0)
    heads = max((len(str(name)) for matrix in panels.values() for name in matrix.columns), default=0)
    widths = [_SQUARE * 1.35 * len(matrix.columns) for matrix in panels.values()]
    width = sum(widths) + names * _LABELS + 0.6 + 0.3 * len(panels)
    height = _SQUARE * tallest + heads * _LABELS * 0.72 + 0.9
    figure = Figure(figsize=(max(width, 5.0), max(height, 2.4)), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=widths)[0]
    for number, (ax, (title, matrix)) in enumerate(zip(axes, panels.items(), strict=True)):
        _draw(ax, matrix, (low, middle, high), shows_names=number == 0)
        ax.set_xlabel(axes_words[0])
        ax.set_ylabel(axes_words[1] if number == 0 else "")
        ax.set_title(style.title_text(max(widths[number], 1.2), title) if title else "")
    style.note(figure, words)
    return figure


def _draw(ax: Axes, matrix: pd.DataFrame, scale: tuple[float, float, float], *, shows_names: bool) -> None:
    """One matrix."""
    low, middle, high = scale
    writes = max(matrix.shape) <= _MOST_WRITTEN
    colors = sns.diverging_palette(240, 30, s=75, l=62, as_cmap=True)
    # The middle is grey whether or not it is in the middle of the range.
    reach = max(high - middle, middle - low)
    sns.heatmap(
        matrix.astype(float),
        ax=ax,
        vmin=middle - reach,
        vmax=middle + reach,
        cmap=colors,
        annot=matrix.map(_written) if writes else False,
        fmt="",
        annot_kws={"fontsize": 7},
        cbar=False,
        linewidths=0.6,
        linecolor="white",
        yticklabels=list(matrix.index) if shows_names else False,
        xticklabels=list(matrix.columns),
    )
    ax.grid(False)
    ax.tick_params(length=0, labelsize=8)
    ax.tick_params(axis="x", rotation=45)
    for label in ax.get_xticklabels():
        label.set_horizontalalignment("right")
        label.set_rotation_mode("anchor")


def _written(value: float) -> str:
    """A number in its square, without a leading zero."""
    if math.isnan(value):
        return ""
    text = f"{value:.2f}"
    return text.replace("0.", ".", 1).replace("-", "−") if abs(value) < 1 else f"{value:.1f}".replace("-", "−")


def clustered(similarity: pd.DataFrame) -> pd.DataFrame:
    """A symmetric matrix with its rows and columns in the order of an average-linkage clustering.

    Distance: 1 - similarity, between 0 and 1; unknown similarities count as none.
    """
    if len(similarity) < 3:
        return similarity
    distance = 1 - similarity.to_numpy(dtype=float).clip(0, 1)
    distance = np.nan_to_num((distance + distance.T) / 2, nan=1.0)
    np.fill_diagonal(distance, 0)
    order = leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))
    return similarity.iloc[order, order]
