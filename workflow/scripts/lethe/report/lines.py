"""What the figures share that draw a line a method: which rows stand in which panel, and how each line is drawn.

Methods that act during training are treated in no way afterwards, so they stand beside every treatment.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lethe.compare.cells import panels
from lethe.compare.traits import PAIRED
from lethe.report import families

Looks = dict[str, dict[str, Any]]
ABREAST = 3


@dataclass(frozen=True)
class Place:
    """One panel: the rows of one regime, split, kind of level and treatment."""

    title: str
    kind: str
    rows: pd.DataFrame


def places(table: pd.DataFrame) -> list[Place]:
    """The panels of a table with the columns of TRAITS; titles name only what differs."""
    found = [
        (panel, treatment, of_treatment(panel.rows, treatment))
        for panel in panels(table)
        for treatment in treatments(panel.rows)
    ]
    several = len({treatment for _, treatment, _ in found}) > 1
    return [
        Place(", ".join(filter(None, [panel.title, treatment if several else ""])), panel.kind, rows)
        for panel, treatment, rows in found
    ]


def treatments(rows: pd.DataFrame) -> list[str]:
    """Treatments of the methods that act after training; those of the others where there are no such methods."""
    paired = rows[rows["pairing"] == PAIRED]
    return list(dict.fromkeys((rows if paired.empty else paired)["treatment"]))


def of_treatment(rows: pd.DataFrame, treatment: str) -> pd.DataFrame:
    """The methods that are compared within a treatment."""
    return rows[(rows["treatment"] == treatment) | (rows["pairing"] != PAIRED)]


def with_families(table: pd.DataFrame) -> tuple[pd.DataFrame, Looks]:
    """The table with the column `family`, and how each family is drawn."""
    return table.assign(family=families.family_names(table)), families.looks(table)


def by_family(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The lines of one panel: family and rows, one line a method."""
    return [(str(line["family"].iloc[0]), line) for _, line in rows.groupby("method", sort=False)]
