"""Accuracy on clean and on corrupted images, dense networks beside the compressed ones that are as good when clean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lethe.compare.cells import level_text, pick, severity
from lethe.compare.frames import Frames, require
from lethe.compare.traits import is_control
from lethe.report import style
from lethe.report.headlines import knee_level
from lethe.report.spec import FigureSpec

_DENSE: dict[str, Any] = {"color": style.INK, "marker": "D", "linestyle": (0, (4, 3)), "linewidth": 1.2}
_SPREAD = 0.6  # share of a place over which the networks stand side by side


@dataclass(frozen=True)
class Place:
    """One place on the horizontal axis: a corruption at its severities, or (severity 0) the clean images."""

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
    """One panel a regime."""
    table = require(frames, "corruptions")
    shown = told_cells(table)
    looks = _looks(shown)
    regimes = list(dict.fromkeys(shown["regime"]))
    placed = places(table)
    width = min(14.0, 2.0 + 0.16 * max(3, len(looks)) * sum(len(place.severities) for place in placed))
    figure, axes = style.grid(len(regimes), 1, width=width, height=3.6, sharex=True)
    for ax, regime in zip(axes.flat, regimes, strict=True):
        _draw(ax, pick(shown, regime=regime), placed, looks)
        ax.set_title(regime if len(regimes) > 1 else "")
    axes[-1, 0].set_xticks(
        [place.middle for place in placed], [place.label for place in placed], rotation=35, ha="right"
    )
    style.label_rows(axes, "accuracy (%)")
    style.legend(figure, {_named(name, shown): look for name, look in looks.items()})
    return figure


def told_cells(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of one level a method and regime: the harshest that is within a point of dense on clean images.

    The mildest where none is. Networks that are worse already on clean images would tell nothing about robustness.
    """
    change = table["clean_compressed_accuracy"] - table["clean_dense_accuracy"]
    clean = table.assign(accuracy_change=change).drop_duplicates(["regime", "method", "level"])
    chosen = {
        cell: knee_level(rows) or min(rows["level"], key=severity)
        for cell, rows in clean.groupby(["regime", "method"], sort=False)
    }
    wanted = [chosen[regime, method] for regime, method in zip(table["regime"], table["method"], strict=True)]
    return table[table["level"] == wanted]


def places(table: pd.DataFrame) -> list[Place]:
    """The clean images, then every corruption, from the one that costs the dense networks least."""
    kinds = table.groupby("corruption")["dense_accuracy"].mean().sort_values(ascending=False, kind="stable").index
    found = [Place("clean", (0,), 0)]
    for kind in kinds:
        severities = tuple(sorted(set(pick(table, corruption=kind)["severity"])))
        found.append(Place(str(kind), severities, found[-1].start + len(found[-1].severities)))
    return found


def _looks(shown: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """How the dense networks and every method are drawn; controls are grey."""
    methods = shown.drop_duplicates("method")
    among_controls = is_control(methods)
    drawn = {str(name): style.look(number) for number, name in enumerate(methods.loc[~among_controls, "method"])}
    names = methods.loc[among_controls, "method"]
    controls = {str(name): style.control_look(number) for number, name in enumerate(names)}
    return {"dense": _DENSE} | drawn | controls


def _named(name: str, shown: pd.DataFrame) -> str:
    """A method with its level, or its levels where regimes differ."""
    rows = pick(shown, method=name).drop_duplicates(["level", "level_kind"])
    levels = [level_text(level, kind) for level, kind in zip(rows["level"], rows["level_kind"], strict=True)]
    return f"{name}, {' or '.join(levels)}" if levels else "dense networks"


def _draw(ax: Axes, rows: pd.DataFrame, placed: Sequence[Place], looks: dict[str, dict[str, Any]]) -> None:
    offsets = np.linspace(-_SPREAD / 2, _SPREAD / 2, len(looks))
    for (name, look), offset in zip(looks.items(), offsets, strict=True):
        is_dense = name == "dense"
        own = rows[rows["method"] == (rows["method"].iloc[0] if is_dense else name)]
        for place in placed if len(own) else ():
            _draw_place(ax, own, place, "dense" if is_dense else "compressed", look, offset)
    for place in placed[1:]:
        ax.axvline(place.start - 0.5, color=style.PALE, linewidth=0.8, zorder=0)
    ax.grid(False, axis="x")
    ax.set_xlim(-0.5, placed[-1].start + len(placed[-1].severities) - 0.5)


def _draw_place(
    ax: Axes, rows: pd.DataFrame, place: Place, population: str, look: dict[str, Any], offset: float
) -> None:
    name = f"{population}_accuracy"
    if place.corruption == "clean":
        ax.plot([offset], [rows[f"clean_{name}"].iloc[0] * 100], **look)
        return
    points = pick(rows, corruption=place.corruption).sort_values("severity")
    # Lines tell networks apart by themselves; single markers need room.
    shift = offset if len(place.severities) == 1 else 0
    x = [place.start + place.severities.index(number) + shift for number in points["severity"]]
    ax.vlines(
        x, points[f"{name}_low"] * 100, points[f"{name}_high"] * 100, color=look["color"], alpha=0.5, linewidth=1.2
    )
    ax.plot(x, points[name] * 100, **look)


SPEC = FigureSpec(
    name="corruptions",
    title="Accuracy on corrupted images",
    caption=(
        "Mean accuracy on the clean and on the corrupted test images, one panel a regime. Every method is shown at the "
        "harshest level up to which its clean accuracy stays within one point of dense (the mildest level where none "
        "does), so that differences between the markers of a corruption are differences in robustness. Severities 1 "
        "(mild) to 5 (harsh) of a corruption stand side by side. Bars are 95 % jackknife intervals over seeds; "
        "controls are grey. The table of the same name has all levels."
    ),
    reads=("corruptions",),
    build=build,
)
