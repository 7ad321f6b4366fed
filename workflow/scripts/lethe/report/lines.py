"""What the figures share that draw one line per method or regime: how each is drawn, and which rows stand where.

A method that a study configures once for each treatment has one colour; the treatments differ by dash and marker.
Controls are grey. Points of about one level stand a little side by side, so that their intervals can be told apart.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import seaborn.objects as so
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lethe.compare.cells import main_split, pick
from lethe.compare.frames import ON_BITS, Frames, require
from lethe.compare.level import BITS, CHANNEL_SPARSITY, SPARSITY, levels, positions
from lethe.compare.traits import CAPACITY_CONTROL, CHANNELS, CLUSTERS, PAIRED, WEIGHTS, is_control
from lethe.report import style
from lethe.report.style import Look

Looks = dict[str, Look]
# The axis of levels of each kind: weights, channels and bits are different things and never share one.
AXES = {SPARSITY: "weights removed (%)", CHANNEL_SPARSITY: "channels removed (%)", BITS: "bits kept"}
# Where a control stands among the looks of controls: by what it acts on, or as a network that was small from the start.
_CONTROLS = (WEIGHTS, CHANNELS, CLUSTERS, CAPACITY_CONTROL, ON_BITS)
_STEP = 0.018  # by how much of an axis neighbours stand apart
_ROOM = 0.1  # of an axis that a number takes
_LONE_STEP, _LONE_EXTENT = 1.0, 12.0  # the same where there is a single level, and how long its axis is


def where(rows: pd.DataFrame) -> pd.Series:
    """Regime of every row, where there are several."""
    return rows["regime"].astype(str) if rows["regime"].nunique() > 1 else pd.Series("", index=rows.index)


def on_main_split(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the test images, or of the first split where there are none: a figure shows one, a table all."""
    return pick(table, split=main_split(table))


def line_names(rows: pd.DataFrame) -> pd.Series:
    """What each row's line is called: its method, with its treatment where that is not the one most methods have."""
    paired = rows[rows["pairing"] == PAIRED]
    treatments = paired.drop_duplicates("method")["treatment"]
    if treatments.nunique() < 2:
        return rows["method"].rename("line")
    usual = treatments.value_counts(sort=False).idxmax()
    is_other = (rows["pairing"] == PAIRED) & (rows["treatment"] != usual)
    return rows["method"].where(~is_other, rows["method"] + ": " + rows["treatment"]).rename("line")


def looks(rows: pd.DataFrame) -> Looks:
    """How each line is drawn, methods first and controls last, in order of appearance."""
    lines = rows.assign(line=line_names(rows)).drop_duplicates("line")
    among_controls = is_control(lines)
    found: Looks = {}
    first: dict[str, int] = {}
    drawn: set[tuple[str, str]] = set()
    for line in lines[~among_controls].itertuples():
        is_again = line.plugin in first and (line.plugin, line.treatment) not in drawn
        number = first[str(line.plugin)] if is_again else len(found)
        first.setdefault(str(line.plugin), number)
        drawn.add((str(line.plugin), str(line.treatment)))
        found[str(line.line)] = _of_other_treatment(number, len(drawn)) if is_again else style.look(number)
    return found | _control_looks(lines[among_controls])


def _of_other_treatment(number: int, turn: int) -> Look:
    """The colour of a method with another dash and marker."""
    usual, marker = style.look(number), style.OTHER_MARKERS[turn % len(style.OTHER_MARKERS)]
    return Look(usual.color, marker, style.DOTTED)


def _control_looks(controls: pd.DataFrame) -> Looks:
    """A control looks the same whichever others a study has; a second one of its plug-in comes after all."""
    found: Looks = {}
    again = controls["plugin"].duplicated()
    for control, is_again in zip(controls.itertuples(), again, strict=True):
        own = CAPACITY_CONTROL if control.role == CAPACITY_CONTROL else str(control.acts_on)
        number = len(_CONTROLS) + len(found) if is_again or own not in _CONTROLS else _CONTROLS.index(own)
        found[str(control.line)] = style.control_look(number)
    return found


def regime_looks(rows: pd.DataFrame) -> Looks:
    """How each regime is drawn where regimes are the lines."""
    return {str(regime): style.look(number) for number, regime in enumerate(dict.fromkeys(rows["regime"]))}


def by_level(table: pd.DataFrame) -> pd.DataFrame:
    """A table with traits of methods as rows to draw: a row of panels per regime, a column per kind of level."""
    table = on_main_split(table)
    return table.assign(row=where(table), column=table["level_kind"], line=line_names(table), x=positions(table))


def level_names(rows: pd.DataFrame) -> pd.Series:
    """Method and level of every row in words."""
    return rows["method"] + " at " + pd.Series([level.words for level in levels(rows)], index=rows.index)


def in_percent(rows: pd.DataFrame, quantity: str, *, lowest: float = -np.inf) -> pd.DataFrame:
    """The rows with `y`, `low` and `high`: a share and its interval.

    Args: lowest: what an interval's ends are cut off at, in percent: a share is not negative.
    """
    ends = {end: (100 * rows[f"{quantity}_{end}"]).clip(lower=lowest) for end in ("low", "high")}
    return rows.assign(y=100 * rows[quantity], **ends)


def side_by_side(rows: pd.DataFrame, axes: str = "column") -> pd.DataFrame:
    """The rows with those of about one `x` in a panel moved apart a little, so that no interval covers another.

    Args: axes: the column whose values name the panels that have one horizontal axis.
    """
    moved = rows.assign(x=rows["x"].astype(float))
    for _, panel in moved.groupby(["row", "column"], sort=False):
        others = moved.loc[moved[axes] == panel[axes].iloc[0], "x"]
        step = (others.max() - others.min()) * _STEP or _LONE_STEP
        number = pd.Series(pd.factorize(panel["line"])[0], index=panel.index)
        ordered = panel["x"].sort_values(kind="stable")
        for _, near in ordered.groupby((ordered.diff() > step).cumsum()):
            rank = number[near.index].rank(method="dense") - 1
            moved.loc[near.index, "x"] = near + (rank - rank.max() / 2) * step
    return moved


def plot(rows: pd.DataFrame, looks: Mapping[str, Look]) -> so.Plot:
    """A line per `line`, a marker per row at (`x`, `y`), and a bar from `low` to `high` where there is an interval.

    Args: rows: a column `face` says what markers are filled with, where not as their line's look says.
    """
    faces = rows["line"].map({name: look.face for name, look in looks.items()})
    drawn = rows if "face" in rows else rows.assign(face=faces)
    # Every layer groups its rows once more by each property that it maps, so no layer maps one that it can do without:
    # lines go by the few dashes that there are, not by their names again.
    dashes = rows["line"].map({name: str(look.dash) for name, look in looks.items()})
    return (
        so.Plot(drawn, x="x", y="y", color="line")
        .add(so.Range(linewidth=1.3, alpha=0.55), ymin="low", ymax="high", legend=False, orient="x")
        .add(so.Line(), linestyle=dashes, legend=False, orient="x")
        .add(so.Dots(pointsize=5, stroke=1.1, fillalpha=1), marker="line", fillcolor="face", group="line", legend=False)
        .scale(
            color=so.Nominal({name: look.color for name, look in looks.items()}),
            linestyle=so.Nominal({str(look.dash): look.dash for look in looks.values()}),
            marker=so.Nominal({name: look.marker for name, look in looks.items()}),
            fillcolor=None,
        )
    )


def intervals(rows: pd.DataFrame, looks: Mapping[str, Look], *, along: str = "x") -> so.Plot:
    """A marker per row at `value` with a bar from `low` to `high`; those of one `place` stand side by side, by `line`.

    Args: along: the axis on which places stand; values are on the other.
    """
    value = {"x": "y", "y": "x"}[along]
    ends = {f"{value}min": "low", f"{value}max": "high"}
    beside = so.Dodge(empty="drop", by=["color"])
    return (
        so.Plot(rows, **{along: "place", value: "value"}, color="line")
        .add(so.Range(linewidth=1.5, alpha=0.55), beside, legend=False, orient=along, **ends)
        .add(so.Dots(pointsize=5, stroke=1.1, fillalpha=1), beside, marker="line", legend=False, orient=along)
        .scale(
            color=so.Nominal({name: look.color for name, look in looks.items()}, order=list(looks)),
            marker=so.Nominal({name: look.marker for name, look in looks.items()}, order=list(looks)),
        )
    )


def drawn_looks(looks: Looks, rows: pd.DataFrame) -> Looks:
    """The looks of the lines that a figure shows, for its legend."""
    shown = set(rows["line"])
    return {name: look for name, look in looks.items() if name in shown}


def level_axis(ax: Axes, at: Iterable[float], level_kind: str) -> None:
    """The axis of levels of one kind, running from mild to harsh."""
    places = sorted(set(at))
    nearest = min(np.diff(places), default=math.inf)
    if level_kind == BITS or nearest >= _ROOM * (places[-1] - places[0]):
        ax.set_xticks(places, [f"{level:g}" for level in places])
    else:
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    if len(places) == 1:
        ax.set_xlim(places[0] - _LONE_EXTENT / 2, places[0] + _LONE_EXTENT / 2)
    if level_kind == BITS and not ax.xaxis_inverted():
        ax.invert_xaxis()


def by_method(frames: Frames, name: str) -> pd.DataFrame:
    """A table without traits as rows to draw: one row of panels per regime, one column per method that is no control.

    Where all methods are controls, they are shown. The table of accuracies knows which are.
    """
    table, known = on_main_split(require(frames, name)), require(frames, "accuracy")
    controls = set(known.loc[is_control(known), "method"])
    chosen = table[~table["method"].isin(controls)]
    rows = table if chosen.empty else chosen
    return rows.assign(row=where(rows), column=rows["method"].astype(str))
