"""How every figure looks: one palette, one theme, one legend. Nothing of it is set globally, or read from the user."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any, Literal, TypeAlias

import numpy as np

with chdir("/"):  # it stops at a matplotlibrc in the working folder that it cannot read
    import matplotlib  # noqa: F401

from matplotlib import rc_context, rcParams, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

Dash: TypeAlias = Literal["-", "none"] | tuple[int, tuple[float | int, ...]]

INK = "#22262b"
GREY = "#7a828c"
PALE = "#e6e9ed"
# Okabe and Ito 2008: told apart with any colour vision; markers differ as well.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
OTHER_MARKERS = ("h", "<", ">", "p", "d", "*", "8")
DOTTED: Dash = (0, (1, 1.2))
DASHES: tuple[Dash, ...] = ("-", (0, (5, 2)), (0, (5, 1.5, 1, 1.5)), (0, (2, 1)))
CONTROL_SHADES = ("#8a929c", "#4b525a", "#a08a72", "#22262b")
CONTROL_MARKERS = ("o", "s", "^", "D")
HARM, HELP = "#D55E00", "#0072B2"

_RESOLUTION, _MOST_PIXELS = 160, 2400  # dots per inch; of a side of a PNG

FAMILY = "DejaVu Sans"

_OWN: Any = {
    "font.family": [FAMILY],
    "text.parse_math": False,  # a class may be called "$50 to $100"
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
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
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "figure.facecolor": "white",
    "pdf.fonttype": 42,
}
# Every setting has a value here, the library's own where this style has no opinion, so that none is the user's. What a
# window would need is left alone.
THEME: Any = {
    name: value for name, value in rcParamsDefault.items() if not name.startswith(("backend", "webagg", "tk."))
} | _OWN


@dataclass(frozen=True)
class Look:
    """How one line is drawn; a hollow marker is white inside."""

    color: str
    marker: str = "o"
    dash: Dash = "-"
    is_hollow: bool = False

    @property
    def face(self) -> str:
        """What its marker is filled with."""
        return "white" if self.is_hollow else self.color

    def handle(self, label: str) -> Line2D:
        """It in a legend."""
        line = Line2D([], [], color=self.color, marker=self.marker, label=label)
        line.set_linestyle(self.dash)
        line.set_markerfacecolor(self.face)
        return line


DENSE = Look(INK, "", (0, (4, 3)))  # the dense networks, across a panel
NULL = Look(GREY, "", DOTTED)  # what seeds alone would give, across a panel


@contextmanager
def applied(other_families: Sequence[str] = ()) -> Iterator[None]:
    """Draw in the report's style until the block ends, whatever the user's settings are; they stay as they are.

    Args: other_families: of fonts for characters that the report's font lacks.
    """
    with rc_context(THEME | {"font.family": [FAMILY, *other_families]}):
        yield


def theme() -> Any:
    """The settings that are applied now, for a library that applies settings of its own."""
    return THEME | {"font.family": rcParams["font.family"]}


def look(number: int) -> Look:
    """Colour, marker and dash of the n-th line, the same in every figure.

    Where colours come again, the dash and the marker are others.
    """
    turn = number // len(PALETTE)
    marker = MARKERS[(number + 2 * turn) % len(MARKERS)]
    return Look(PALETTE[number % len(PALETTE)], marker, DASHES[turn % len(DASHES)])


def control_look(number: int) -> Look:
    """The look of the n-th control: grey and dashed, told apart by shade and by a hollow marker, then by the dash."""
    shade = CONTROL_SHADES[number % len(CONTROL_SHADES)]
    dash: Dash = (0, (3, 1.5)) if number < len(CONTROL_SHADES) else (0, (1, 1))
    return Look(shade, CONTROL_MARKERS[number % len(CONTROL_MARKERS)], dash, is_hollow=True)


def legend(figure: Figure, looks: Mapping[str, Look]) -> None:
    """One legend above all panels, in as few rows as fit."""
    handles = [look.handle(name) for name, look in looks.items()]
    inches = [0.62 + 0.075 * len(name) for name in looks]
    by_rows = [math.ceil(len(inches) / rows) for rows in range(1, len(inches) + 1)]
    columns = next(n for n in by_rows if n == 1 or _width(inches, n) <= figure.get_figwidth())
    figure.legend(handles=handles, loc="outside upper left", ncols=columns)


def _width(inches: list[float], columns: int) -> float:
    """Width of a legend that is filled column by column, the first ones longer, each as wide as its widest entry."""
    return sum(float(column.max()) for column in np.array_split(np.array(inches), columns))


def nothing(sentence: str) -> Figure:
    """A figure that says why there is nothing to draw."""
    figure = Figure(figsize=(6.4, 0.6))
    figure.text(0.01, 0.5, fill(sentence, 96), va="center", fontsize=9, color=GREY)
    return figure


def note(figure: Figure, *sentences: str) -> None:
    """Sentences below all panels; nothing where there are none."""
    text = note_text(figure.get_figwidth(), *sentences)
    if text:
        figure.supxlabel(text, x=0.01, ha="left", fontsize=8, color=GREY)


def note_text(inches: float, *sentences: str) -> str:
    """Sentences in lines that are no longer than so many inches, as a note prints them."""
    return fill(" ".join(filter(None, sentences)), int(inches * 15))


def title_text(inches: float, *lines: str) -> str:
    """Lines of a panel's title, broken where they are longer than so many inches."""
    longest = int(inches * 11)

    def broken(line: str) -> str:
        """After an underscore, if need be."""
        return line if len(line) <= longest else fill(line.replace("_", "_ "), longest).replace("_ ", "_")

    return "\n".join(broken(line) for text in lines for line in text.split("\n"))


def short(name: str, longest: int) -> str:
    """A name, cut where it is longer than so many characters."""
    return name if len(name) <= longest else name[: longest - 1] + "…"


def resolution(figure: Figure) -> float:
    """Dots per inch of a figure's PNG: fewer where a side would have too many."""
    return float(min(_RESOLUTION, _MOST_PIXELS / max(figure.get_size_inches())))


def write_png(figure: Figure, path: Path) -> None:
    """Write a figure; by the canvas itself, as `savefig` would draw everything once more to lay it out."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(path, metadata={"Software": None})  # no version of the drawing library


def write_pdf(figure: Figure, path: Path) -> None:
    """Write a figure that was drawn: its panels have their places, and to find them takes as long as to draw."""
    figure.set_layout_engine("none")
    canvas: Any = FigureCanvasPdf(figure)
    canvas.print_pdf(path, metadata=dict.fromkeys(("CreationDate", "Producer", "Creator")))


def across(ax: Axes, look: Look, value: float, low: float = math.nan, high: float = math.nan) -> None:
    """A level line across a panel, with its interval as a pale band where it has one."""
    if not math.isnan(low + high):
        ax.axhspan(low, high, color=PALE, linewidth=0, zorder=0)
    ax.axhline(value, color=look.color, linestyle=look.dash, linewidth=1.2, zorder=1)


def wide_range(axes: Sequence[Axes], *, linear: float) -> None:
    """One range of percents for all axes that shows tenths and tens alike: linear near 0, logarithmic beyond.

    Args: linear: half-width of the linear part, in percent.
    """
    for ax in axes:
        ax.set_yscale("symlog", linthresh=linear, linscale=0.6)
        ax.autoscale_view(scalex=False)  # margins of a linear axis would be decades on this one, or nothing
    decades = [value for value in (0.1, 1.0, 10.0, 100.0) if linear <= value]
    limits = min(ax.get_ylim()[0] for ax in axes), max(ax.get_ylim()[1] for ax in axes)
    ticks = ticks_within(limits, [*(-value for value in reversed(decades)), 0.0, *decades])
    for ax in axes:
        ax.set_ylim(limits)
        ax.set_yticks(ticks)  # which widens the axis where a tick lies outside
        plain_numbers(ax)


def ticks_within(limits: tuple[float, float], known: Sequence[float | int]) -> list[float | int]:
    """Those of the known ticks that an axis reaches; with fewer than two, also the next one on either side."""
    low, high = sorted(limits)
    inside = [tick for tick in known if low <= tick <= high]
    if len(inside) >= 2:
        return inside
    return [*[tick for tick in known if tick < low][-1:], *inside, *[tick for tick in known if tick > high][:1]]


def plain_numbers(ax: Axes, unit: str = "") -> None:
    """Numbers on a logarithmic vertical axis as people write them, without ticks between."""
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}{unit}".replace("-", "−")))
    ax.yaxis.set_minor_locator(NullLocator())
