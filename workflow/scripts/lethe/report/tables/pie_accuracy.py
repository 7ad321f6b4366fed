"""Accuracy on PIEs, on the other images and on all, scored on seeds that did not choose the PIEs.

Choosing and scoring on the same networks is circular: the naive figures, which do that, stand beside for comparison.
accuracy on all = held-out PIE share x accuracy on PIEs + (1 - share) x accuracy on the others, for every half.
"""

import pandas as pd

from lethe.compare.cells import ON_SPLIT, in_order
from lethe.compare.frames import Frames, estimates, require, with_traits
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec

POPULATIONS = ("dense", "compressed")
_COLUMNS = [
    *("population", "held_out_pie_share"),
    *with_ends("accuracy_on_pies", "accuracy_on_others"),
    *("accuracy_on_all", "naive_accuracy_on_pies", "naive_accuracy_on_others"),
]


def build(frames: Frames) -> pd.DataFrame:
    """Two rows per cell: the dense and the compressed population."""
    shares = require(frames, "shares")
    table = pd.concat([_of(shares, population) for population in POPULATIONS], ignore_index=True)
    return in_order(with_traits(table, shares))[[*ON_SPLIT, "level_kind", *_COLUMNS]]


def _of(shares: pd.DataFrame, population: str) -> pd.DataFrame:
    """The quantities of one population, without its name in theirs."""
    table = estimates(
        shares,
        plain=(
            "held_out_pie_share",
            f"{population}_accuracy",
            f"naive_{population}_accuracy_on_pies",
            f"naive_{population}_accuracy_on_others",
        ),
        intervals=(f"{population}_accuracy_on_pies", f"{population}_accuracy_on_others"),
    )
    names = {name: name.replace(f"{population}_accuracy", "accuracy") for name in table.columns}
    return table.rename(columns=names | {f"{population}_accuracy": "accuracy_on_all"}).assign(population=population)


SPEC = TableSpec(
    name="pie_accuracy",
    title="Accuracy on PIEs and on the other images",
    caption=(
        "Two rows per cell, one per population. PIEs are chosen on one half of the seeds and scored on the other "
        "half. The naive columns choose and score on the same networks, which exaggerates the contrast; they are "
        "shown only to compare with work that reports them."
    ),
    reads=("shares",),
    units={
        "accuracy_on_pies": "share",
        "accuracy_on_others": "share",
        "accuracy_on_all": "share",
        "naive_accuracy_on_pies": "share",
        "naive_accuracy_on_others": "share",
    },
    order=190,
    build=build,
)
