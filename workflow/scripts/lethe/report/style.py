"""How every figure looks: one palette, one set of fonts and lines, applied in a context and never globally."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

INK = "#22262b"
GREY = "#7a828c"
PALE = "#e6e9ed"
# Okabe and Ito 2008: told apart with any colour vision; markers differ as well.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":")
HARM, HELP = "#D55E00", "#0072B2"

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
    """A figure of rows x columns axes, always a two-dimensional array; sizes in inches an axes.

    A figure of few columns is at least wide enough for its legend.
    """
    figure = Figure(figsize=(max(width * columns, 6.4), height * rows), layout="constrained")
    return figure, np.asarray(figure.subplots(rows, columns, squeeze=False, **options))


def look(number: int) -> dict[str, Any]:
    """Colour, marker and dash of the n-th method, the same in every figure; white rims keep crossings legible."""
    return {
        "color": PALETTE[number % len(PALETTE)],
        "marker": MARKERS[number % len(MARKERS)],
        "linestyle": DASHES[number // len(PALETTE) % len(DASHES)],
        "markeredgecolor": "white",
        "markeredgewidth": 0.8,
    }


def looks(methods: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The look of every method, in order of appearance."""
    return {method: look(number) for number, method in enumerate(dict.fromkeys(methods))}


def legend(figure: Figure, entries: dict[str, dict[str, Any]]) -> None:
    """One legend above all panels, in a row or in several."""
    handles = [Line2D([], [], label=name, **options) for name, options in entries.items()]
    inches = sum(0.55 + 0.07 * len(name) for name in entries)
    columns = math.ceil(len(entries) / math.ceil(inches / figure.get_figwidth()))
    figure.legend(handles=handles, loc="outside upper left", ncols=columns)


def level_axis(axes: Axes, positions: Iterable[float], *, bits: bool) -> None:
    """The axis of levels: percent removed, or bits kept, running from mild to harsh."""
    axes.set_xlabel("bits kept" if bits else "removed (%)")
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
