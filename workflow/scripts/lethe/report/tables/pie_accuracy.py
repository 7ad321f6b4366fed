"""Accuracy on PIEs, on the other images and on all, scored on seeds that did not choose the PIEs; and on null PIEs.

Choosing and scoring on the same networks is circular: the naive figures, which do that, stand beside for comparison.
accuracy on all = left-out PIE share x accuracy on PIEs + (1 - share) x accuracy on the others, over all seeds.
"""

import pandas as pd

from lethe.compare.cells import ON_SPLIT, in_order
from lethe.compare.frames import Frames, estimates, require, with_population, with_traits
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec

SCORED = ("dense", "compressed")
_INTERVALS = (
    *("accuracy_on_pies", "accuracy_on_others", "accuracy_on_null_pies", "accuracy_on_cross_pies"),
    "accuracy_cross_minus_null",
)
_NAIVE = ("naive_accuracy_on_pies", "naive_accuracy_on_others")
_COLUMNS = ["scored", "population", "left_out_pie_share", *with_ends(*_INTERVALS), "accuracy_on_all", *_NAIVE]


def build(frames: Frames) -> pd.DataFrame:
    """Two rows per cell: of its dense and of its compressed networks."""
    shares = require(frames, "shares")
    table = pd.concat([_of(shares, scored) for scored in SCORED], ignore_index=True)
    return in_order(with_traits(table, shares))[[*ON_SPLIT, "level_kind", *_COLUMNS]]


def _of(shares: pd.DataFrame, scored: str) -> pd.DataFrame:
    """The quantities of the dense or of the compressed networks, without that word in their names."""
    table = estimates(
        shares,
        plain=(
            "left_out_pie_share",
            f"{scored}_accuracy",
            *(name.replace("accuracy", f"{scored}_accuracy") for name in _NAIVE),
        ),
        intervals=tuple(f"{scored}_{name}" for name in _INTERVALS),
    )
    names = {name: name.replace(f"{scored}_accuracy", "accuracy") for name in table.columns}
    table = table.rename(columns=names | {f"{scored}_accuracy": "accuracy_on_all"}).assign(scored=scored)
    return with_population(table, shares)


SPEC = TableSpec(
    name="pie_accuracy",
    title="Accuracy on PIEs and on the other images",
    caption=(
        "Two rows per cell, one for each kind of networks that are scored. PIEs are chosen by all seeds but one and "
        "scored on that one. Null PIEs: images on which two populations of dense networks differ; cross PIEs: those "
        "on which a dense and a compressed population differ; both are scored on networks outside of both, and only "
        "these two compare with each other: cross minus null is what compression adds to what dense networks are "
        "unsure of. Brackets: 95 % jackknife interval over seeds. "
        "The naive columns choose and score on the same networks, which exaggerates the contrast; they are shown "
        "only to compare with work that reports them."
    ),
    reads=("shares",),
    units={
        "accuracy_on_pies": "share",
        "accuracy_on_others": "share",
        "accuracy_on_null_pies": "share",
        "accuracy_on_cross_pies": "share",
        "accuracy_cross_minus_null": "points",
        "accuracy_on_all": "share",
        "naive_accuracy_on_pies": "share",
        "naive_accuracy_on_others": "share",
    },
    headings={
        "scored": "networks scored",
        "population": "networks per population",
    },
    order=190,
    build=build,
)
