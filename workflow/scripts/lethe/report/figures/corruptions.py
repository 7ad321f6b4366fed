"""Accuracy on clean and on corrupted images, dense networks beside the compressed ones that are as good when clean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.cells import pick
from lethe.compare.frames import Frames, require
from lethe.compare.level import levels
from lethe.compare.traits import is_control
from lethe.compare.verdict import knee_level, mildest_level
from lethe.core.levels import DENSE
from lethe.report import style
from lethe.report.spec import FigureSpec

_DENSE: dict[str, Any] = {"color": style.INK, "marker": "D", "linestyle": (0, (4, 3)), "linewidth": 1.2}
_SPREAD = 0.6  # share of a tick over which the networks stand side by side


@dataclass(frozen=True)
class Tick:
    """What stands on the horizontal axis: a corruption at its severities, or (severity 0) the clean images."""

    corruption: str
    severities: tuple[int, ...]
    start: int

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return self.start + (len(self.severities) - 1) / 2

    @property
    def label(self) -> str:
        """Its corruption and severities: "fog 3", "fog 1-5"."""
        ends = dict.fromkeys(str(number) for number in (self.severities[0], self.severities[-1]) if number)
        return f"{self.corruption.replace('_', ' ')} {'-'.join(ends)}".strip()


def build(frames: Frames) -> Figure:
    """One panel per regime."""
    table = require(frames, "corruptions")
    shown = told_cells(table)
    looks = _looks(shown)
    regimes = list(dict.fromkeys(shown["regime"]))
    along = ticks(table)
    width = min(14.0, 2.0 + 0.16 * max(3, len(looks)) * sum(len(tick.severities) for tick in along))
    figure, axes = style.grid(len(regimes), 1, width=width, height=3.6, sharex=True)
    for ax, regime in zip(axes.flat, regimes, strict=True):
        _draw(ax, pick(shown, regime=regime), along, looks)
        ax.set_title(regime if len(regimes) > 1 else "")
    axes[-1, 0].set_xticks([tick.middle for tick in along], [tick.label for tick in along], rotation=35, ha="right")
    style.label_rows(axes, "accuracy (%)")
    style.legend(figure, {_named(name, shown): look for name, look in looks.items()})
    return figure


def told_cells(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of one level per method and regime: the harshest that is within a point of dense on clean images.

    The mildest where none is. Networks that are worse already on clean images would tell nothing about robustness.
    """
    change = table["clean_compressed_accuracy"] - table["clean_dense_accuracy"]
    clean = table.assign(accuracy_change=change).drop_duplicates(["regime", "method", "level"])
    chosen = {
        cell: knee_level(rows) or mildest_level(rows) for cell, rows in clean.groupby(["regime", "method"], sort=False)
    }
    wanted = [chosen[regime, method] for regime, method in zip(table["regime"], table["method"], strict=True)]
    return table[table["level"] == wanted]


def ticks(table: pd.DataFrame) -> list[Tick]:
    """The clean images, then every corruption, from the one that costs the dense networks least."""
    corruptions = table.groupby("corruption")["dense_accuracy"].mean().sort_values(ascending=False, kind="stable").index
    found = [Tick("clean", (0,), 0)]
    for corruption in corruptions:
        severities = tuple(sorted(set(pick(table, corruption=corruption)["severity"])))
        found.append(Tick(str(corruption), severities, found[-1].start + len(found[-1].severities)))
    return found


def _looks(shown: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """How the dense networks and every method are drawn; controls are grey."""
    methods = shown.drop_duplicates("method")
    among_controls = is_control(methods)
    drawn = {str(name): style.look(number) for number, name in enumerate(methods.loc[~among_controls, "method"])}
    names = methods.loc[among_controls, "method"]
    controls = {str(name): style.control_look(number) for number, name in enumerate(names)}
    return {DENSE: _DENSE} | drawn | controls


def _named(name: str, shown: pd.DataFrame) -> str:
    """A method with its level, or its levels where regimes differ."""
    if name == DENSE:
        return "dense networks"
    words = dict.fromkeys(level.words for level in levels(pick(shown, method=name)))
    return f"{name}, {' or '.join(words)}"


def _draw(ax: Axes, rows: pd.DataFrame, along: Sequence[Tick], looks: dict[str, dict[str, Any]]) -> None:
    """The dense networks and one regime's methods, side by side over every tick."""
    offsets = np.linspace(-_SPREAD / 2, _SPREAD / 2, len(looks))
    for (name, look), offset in zip(looks.items(), offsets, strict=True):
        is_dense = name == DENSE
        own = rows[rows["method"] == (rows["method"].iloc[0] if is_dense else name)]
        for tick in along if len(own) else ():
            _draw_tick(ax, own, tick, "dense" if is_dense else "compressed", look, offset)
    for tick in along[1:]:
        ax.axvline(tick.start - 0.5, color=style.PALE, linewidth=0.8, zorder=0)
    ax.grid(False, axis="x")
    ax.set_xlim(-0.5, along[-1].start + len(along[-1].severities) - 0.5)


def _draw_tick(ax: Axes, rows: pd.DataFrame, tick: Tick, population: str, look: dict[str, Any], offset: float) -> None:
    """One network's accuracies on one corruption, with their intervals."""
    name = f"{population}_accuracy"
    if tick.corruption == "clean":
        ax.plot([offset], [rows[f"clean_{name}"].iloc[0] * 100], **look)
        return
    points = pick(rows, corruption=tick.corruption).sort_values("severity")
    # Lines tell networks apart by themselves; single markers need room.
    shift = offset if len(tick.severities) == 1 else 0
    x = [tick.start + tick.severities.index(number) + shift for number in points["severity"]]
    ax.vlines(
        x, points[f"{name}_low"] * 100, points[f"{name}_high"] * 100, color=look["color"], alpha=0.5, linewidth=1.2
    )
    ax.plot(x, points[name] * 100, **look)


SPEC = FigureSpec(
    name="corruptions",
    title="Accuracy on corrupted images",
    caption=(
        "Mean accuracy on the clean and on the corrupted test images, one panel per regime. Every method is shown at "
        "the harshest level up to which its clean accuracy stays within one point of dense (the mildest level where "
        "none does), so that differences between the markers of a corruption are differences in robustness. Severities "
        "1 (mild) to 5 (harsh) of a corruption stand side by side. Bars are 95 % jackknife intervals over seeds; "
        "controls are grey. The table of the same name has all levels."
    ),
    reads=("corruptions",),
    order=130,
    build=build,
)
