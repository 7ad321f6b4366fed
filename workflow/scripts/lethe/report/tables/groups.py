"""Whom compression fails: groups of examples, dense against compressed, and what could have been seen.

q: Benjamini-Hochberg over all groups and cells of a metric but controls and the row of all examples.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from lethe.compare.cells import ON_SPLIT
from lethe.compare.frames import Frames, require
from lethe.compare.traits import is_control
from lethe.pies.groups import ALL
from lethe.pies.jackknife import with_ends
from lethe.pies.multiple_tests import adjust
from lethe.report.spec import TableSpec

MORE, LESS, NOT_SHOWN, SMALL = "beyond the average", "less than the average", "not shown", "too small to tell"
_LEVEL = 0.05
_COLUMNS = [
    *(*ON_SPLIT, "level_kind", "attribute", "group", "metric", "examples", "reference", "compressed"),
    *(*with_ends("change", "excess", "relative"), "p_excess", "q", "detectable", "verdict"),
]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (cell, attribute, group, metric)."""
    table = require(frames, "groups")
    claimed = table["p_excess"].where(~is_control(table) & (table["attribute"] != ALL))
    q = pd.Series(float("nan"), index=table.index)
    for _, rows in table.groupby("metric", sort=False):
        q[rows.index] = adjust(claimed[rows.index].to_numpy(float))
    table = table.assign(q=q)
    return table.assign(verdict=[_verdict(row) for row in table.to_dict("records")])[_COLUMNS]


def _verdict(row: Mapping[Hashable, Any]) -> str:
    """What can be said of a group's change beyond that of all examples."""
    if row["attribute"] == ALL:
        return ""
    if row["q"] <= _LEVEL:
        is_worse = (row["excess"] < 0) if row["metric"] == "recall" else (row["excess"] > 0)
        return MORE if is_worse else LESS
    return SMALL if row["is_small"] else NOT_SHOWN


SPEC = TableSpec(
    name="groups",
    title="Groups, before and after",
    caption=(
        "One row per group of an attribute and metric, of the reference (dense networks after the same treatment) and "
        "of the compressed networks. Change: compressed minus reference; excess: the same minus the change of all "
        "examples; relative: change over reference. False negatives and positives are those of class 1 where there are "
        "two classes, else means over the classes; ECE has 15 bins; Brier is the mean squared distance of "
        "probabilities from the label. Brackets: 95 % interval over seeds. q: of the excess, adjusted over all groups "
        "and cells of the metric but controls (Benjamini-Hochberg). Detectable: the smallest change that so many seeds "
        "find in 80 of 100 studies, and not less than one example; groups of fewer than 30 examples of which nothing "
        "is shown are called too small to tell."
    ),
    reads=("groups",),
    units={"q": "p"},
    headings={"p_excess": "p of excess", "detectable": "detectable change"},
    order=340,
    chapter="groups",
    build=build,
)
