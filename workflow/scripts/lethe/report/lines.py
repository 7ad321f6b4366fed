"""What the figures share that draw one line per method: which rows stand in which panel, and how each line is drawn.

A method that a study configures once for each treatment is one family: two methods of one plug-in are drawn alike in
the panels of their treatments. Controls are told apart from what they are compared with. Methods that act during
training are treated in no way afterwards, so they stand beside every treatment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lethe.compare.cells import GROUP
from lethe.compare.traits import CAPACITY_CONTROL, CHANNELS, CLUSTERS, ON_BITS, PAIRED, WEIGHTS, is_control
from lethe.report import style

Looks = dict[str, dict[str, Any]]
ABREAST = 3
# Where a control stands among the looks of controls: by what it acts on, or as a network that was small from the start.
_LOOKS = (WEIGHTS, CHANNELS, CLUSTERS, CAPACITY_CONTROL, ON_BITS)


@dataclass(frozen=True)
class Panel:
    """What shares a pair of axes: the rows of one regime, split, kind of level and treatment."""

    title: str
    level_kind: str
    rows: pd.DataFrame


def panels(table: pd.DataFrame) -> list[Panel]:
    """The panels of a table with the traits of methods, in order of appearance; titles name only what differs."""
    groups = [rows for _, rows in table.groupby(["regime", "split", "level_kind"], sort=False)]
    parts = [(rows, treatment) for rows in groups for treatment in treatments(rows)]
    has_kinds, has_treatments = table["level_kind"].nunique() > 1, len({treatment for _, treatment in parts}) > 1
    found = []
    for rows, treatment in parts:
        regime, split, level_kind = (str(rows[name].iloc[0]) for name in ("regime", "split", "level_kind"))
        words = [where(regime, split, table)]
        words += [style.AXES[level_kind].removesuffix(" (%)")] * has_kinds + [treatment] * has_treatments
        found.append(Panel(", ".join(filter(None, words)), level_kind, of_treatment(rows, treatment)))
    return found


def where(regime: str, split: str, table: pd.DataFrame) -> str:
    """Regime and split in words, as far as a table has several."""
    several = [table[name].nunique() > 1 for name in ("regime", "split")]
    return ", ".join([regime] * several[0] + [f"{split} images"] * several[1])


def group_title(key: Iterable[object], table: pd.DataFrame) -> str:
    """Heading of one GROUP of rows: its method, and its regime and split where the table has several."""
    shown = [name == "method" or table[name].nunique() > 1 for name in GROUP]
    return ", ".join(str(word) for word, is_shown in zip(key, shown, strict=True) if is_shown)


def treatments(rows: pd.DataFrame) -> list[str]:
    """Treatments of the methods that act after training; those of the others where there are no such methods."""
    paired = rows[rows["pairing"] == PAIRED]
    return list(dict.fromkeys((rows if paired.empty else paired)["treatment"]))


def of_treatment(rows: pd.DataFrame, treatment: str) -> pd.DataFrame:
    """The methods that are compared within a treatment."""
    return rows[(rows["treatment"] == treatment) | (rows["pairing"] != PAIRED)]


def with_families(table: pd.DataFrame) -> tuple[pd.DataFrame, Looks]:
    """The table with the column `family`, and how each family is drawn."""
    return table.assign(family=family_names(table)), looks(table)


def by_family(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The lines of one panel: family and rows, one line per method."""
    return [(str(line["family"].iloc[0]), line) for _, line in rows.groupby("method", sort=False)]


def family_names(table: pd.DataFrame) -> pd.Series:
    """A name per row: the plug-in's, or the method's where two methods of a plug-in have the same treatment."""
    methods = table.groupby(["plugin", "treatment"])["method"].transform("nunique")
    is_shared = methods.groupby(table["plugin"]).transform("max") > 1
    return table["plugin"].where(~is_shared, table["method"]).rename("family")


def looks(table: pd.DataFrame) -> Looks:
    """How each family of a table is drawn, methods first and controls last, in order of appearance."""
    families = table.assign(family=family_names(table)).drop_duplicates("family")
    controls = is_control(families)
    methods = {str(name): style.look(number) for number, name in enumerate(families.loc[~controls, "family"])}
    return methods | _control_looks(families[controls])


def _control_looks(controls: pd.DataFrame) -> Looks:
    """A control looks the same whichever others a study has; a second one of its plug-in comes after all."""
    found: Looks = {}
    again = controls["plugin"].duplicated()
    for control, is_again in zip(controls.itertuples(), again, strict=True):
        own = CAPACITY_CONTROL if control.role == CAPACITY_CONTROL else str(control.acts_on)
        number = len(_LOOKS) + len(found) if is_again or own not in _LOOKS else _LOOKS.index(own)
        found[str(control.family)] = style.control_look(number)
    return found
