"""Accuracy on PIEs, on the other images and on all, scored on seeds that did not choose the PIEs; and on null PIEs.

Choosing and scoring on the same networks is circular: the naive figures, which do that, stand beside for comparison.
accuracy on all = left-out PIE share x accuracy on PIEs + (1 - share) x accuracy on the others, over all seeds.
"""

import pandas as pd

from lethe.compare.cells import ON_SPLIT, in_order
from lethe.compare.frames import Frames, estimates, require, with_traits
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec

POPULATIONS = ("dense", "compressed")
_INTERVALS = ("accuracy_on_pies", "accuracy_on_others", "accuracy_on_null_pies", "accuracy_on_cross_pies")
_NAIVE = ("naive_accuracy_on_pies", "naive_accuracy_on_others")
_COLUMNS = ["population", "left_out_pie_share", *with_ends(*_INTERVALS), "accuracy_on_all", *_NAIVE]


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
            "left_out_pie_share",
            f"{population}_accuracy",
            *(name.replace("accuracy", f"{population}_accuracy") for name in _NAIVE),
        ),
        intervals=tuple(f"{population}_{name}" for name in _INTERVALS),
    )
    names = {name: name.replace(f"{population}_accuracy", "accuracy") for name in table.columns}
    return table.rename(columns=names | {f"{population}_accuracy": "accuracy_on_all"}).assign(population=population)


SPEC = TableSpec(
    name="pie_accuracy",
    title="Accuracy on PIEs and on the other images",
    caption=(
        "Two rows per cell, one per population. PIEs are chosen by all seeds but one and scored on that one. Null "
        "PIEs: images on which a few dense networks and as many other dense ones differ; cross PIEs: a few dense and "
        "as many other compressed ones; both are scored on networks that chose neither, and only these two compare "
        "with each other: what differs between them is what compression adds to what dense networks are unsure of. "
        "The naive columns choose and score on the same networks, which exaggerates the contrast; they are shown "
        "only to compare with work that reports them."
    ),
    reads=("shares",),
    units={
        "accuracy_on_pies": "share",
        "accuracy_on_others": "share",
        "accuracy_on_null_pies": "share",
        "accuracy_on_cross_pies": "share",
        "accuracy_on_all": "share",
        "naive_accuracy_on_pies": "share",
        "naive_accuracy_on_others": "share",
    },
    order=190,
    build=build,
)
