"""How every figure looks: one palette, one set of fonts and lines, applied in a context and never globally."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from lethe.compare.level import BITS, CHANNEL_SPARSITY, SPARSITY

INK = "#22262b"
GREY = "#7a828c"
PALE = "#e6e9ed"
# Okabe and Ito 2008: told apart with any colour vision; markers differ as well.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":")
CONTROL_SHADES = ("#8a929c", "#4b525a", "#a08a72", "#22262b")
CONTROL_MARKERS = ("o", "s", "^", "D")
HARM, HELP = "#D55E00", "#0072B2"
DENSE: Any = {"color": INK, "linestyle": (0, (4, 3)), "linewidth": 1.2}  # the dense networks, across a panel
# The axis of levels of each kind: weights, channels and bits are different things and never share one.
AXES = {SPARSITY: "weights removed (%)", CHANNEL_SPARSITY: "channels removed (%)", BITS: "bits kept"}
_TITLE_LETTERS = 44  # of a panel 4.4 inches wide

_RC: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "figure.facecolor": "white",
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "pdf.fonttype": 42,
    "svg.hashsalt": "lethe",
    "path.simplify": True,
}


@contextmanager
def applied() -> Iterator[None]:
    """Draw in the report's style until the block ends."""
    with rc_context(_RC):
        yield


def grid(rows: int, columns: int, *, width: float = 4.4, height: float = 3.2, **options: Any) -> tuple[Figure, Any]:
    """A figure of rows x columns axes, always a two-dimensional array; sizes in inches per axes.

    A figure of few columns is at least wide enough for its legend.
    """
    figure = Figure(figsize=(max(width * columns, 6.4), height * rows), layout="constrained")
    return figure, np.asarray(figure.subplots(rows, columns, squeeze=False, **options))


def wrapped(count: int, columns: int, *, stacked: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A figure of `count` panels in rows of at most so many, even ones; axes left over are invisible.

    Args: stacked: axes per panel, one below the other: panel k has those of rows `stacked * (k // columns)` and on.
    """
    rows = math.ceil(count / columns)
    figure, axes = grid(stacked * rows, math.ceil(count / rows), **options)
    for row in range(stacked):
        for ax in axes[row::stacked].flat[count:]:
            ax.set_visible(False)
    return figure, axes


def look(number: int) -> dict[str, Any]:
    """Colour, marker and dash of the n-th method, the same in every figure; white rims keep crossings legible.

    Where colours come again, the dash and the marker are others.
    """
    turn = number // len(PALETTE)
    return {
        "color": PALETTE[number % len(PALETTE)],
        "marker": MARKERS[(number + 2 * turn) % len(MARKERS)],
        "linestyle": DASHES[turn % len(DASHES)],
        "markeredgecolor": "white",
        "markeredgewidth": 0.8,
    }


def control_look(number: int) -> dict[str, Any]:
    """The look of the n-th control: grey and dashed, told apart by shade and by a hollow marker, then by the dash."""
    shade = CONTROL_SHADES[number % len(CONTROL_SHADES)]
    return {
        "color": shade,
        "marker": CONTROL_MARKERS[number % len(CONTROL_MARKERS)],
        "linestyle": (0, (3, 1.5)) if number < len(CONTROL_SHADES) else (0, (1, 1)),
        "linewidth": 1.4,
        "markerfacecolor": "white",
        "markeredgecolor": shade,
    }


def band(axes: Axes, x: Any, low: Any, high: Any, look: dict[str, Any]) -> None:
    """An interval around a line, in the line's colour; around a single point a bar."""
    if len(x) == 1:
        axes.vlines(x, low, high, color=look["color"], alpha=0.4, linewidth=2)
        return
    axes.fill_between(x, low, high, color=look["color"], alpha=0.14, linewidth=0)


def legend(figure: Figure, entries: dict[str, dict[str, Any]]) -> None:
    """One legend above all panels, in as few rows as fit."""
    handles = [Line2D([], [], label=name, **options) for name, options in entries.items()]
    inches = [0.62 + 0.075 * len(name) for name in entries]
    by_rows = [math.ceil(len(inches) / rows) for rows in range(1, len(inches) + 1)]
    columns = next(n for n in by_rows if n == 1 or _width(inches, n) <= figure.get_figwidth())
    figure.legend(handles=handles, loc="outside upper left", ncols=columns)


def _width(inches: list[float], columns: int) -> float:
    """Width of a legend that is filled column by column, the first ones longer, each as wide as its widest entry."""
    return sum(float(column.max()) for column in np.array_split(np.array(inches), columns))


def dense_line(axes: Axes, mean: float, low: float, high: float) -> None:
    """The dense networks across a panel: a dashed line, and a band where there is an interval."""
    axes.axhspan(low, high, color=PALE, linewidth=0)
    axes.axhline(mean, **DENSE)


def same_range(axes: np.ndarray) -> None:
    """One vertical range for all visible panels; sharing axes would hide the numbers beside an empty one."""
    shown = [ax for ax in axes.flat if ax.get_visible()]
    ends = [ax.get_ylim() for ax in shown]
    for ax in shown:
        ax.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))


def label_rows(axes: np.ndarray, words: str) -> None:
    """A vertical label at the first visible panel of every row, where the ticks have numbers."""
    for row in axes:
        first = next((ax for ax in row if ax.get_visible()), row[0])
        first.set_ylabel(words)
        first.tick_params(labelleft=True)


def title(axes: Axes, text: str) -> None:
    """A panel's title, in lines that are no longer than a panel is wide."""
    axes.set_title(fill(text, _TITLE_LETTERS))


def level_axis(axes: Axes, positions: Iterable[float], *, level_kind: str) -> None:
    """The axis of levels of one kind, running from mild to harsh."""
    axes.set_xlabel(AXES[level_kind])
    bits = level_kind == BITS
    levels = sorted(set(positions))
    if bits or len(levels) == 1:
        axes.set_xticks(levels, [f"{level:g}" for level in levels])
    if bits and not axes.xaxis_inverted():
        axes.invert_xaxis()


def wide_range(axes: Axes, *, linear: float, top: float = 100.0) -> None:
    """A percent axis that shows tenths and tens alike: linear up to `linear`, logarithmic beyond.

    Args: linear: half-width of the linear part, in percent.
    """
    axes.set_yscale("symlog", linthresh=linear, linscale=0.6)
    decades = [value for value in (0.1, 1.0, 10.0, 100.0) if linear <= value <= top]
    low = axes.get_ylim()[0]
    negative = [-value for value in reversed(decades) if low <= -value]
    axes.set_yticks([*negative, 0.0, *decades])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    axes.yaxis.set_minor_locator(NullLocator())
