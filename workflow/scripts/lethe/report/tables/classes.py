"""Which classes pay: recall of every class before and after, and tests of whether it moves more than accuracy does.

normalised change = (recall change of the class) - (change of accuracy); p_paired: one-sample t test on its per-seed
values; q: Benjamini-Hochberg over all classes and cells of this table but those of controls, whose q is missing: nobody
claims anything of them; p_welch: the unpaired test of the paper.

Source: Hooker et al. 2019, arXiv:1911.05248, section 3; differs: paired test first, q values added.
"""

import pandas as pd

from lethe.compare.cells import ON_SPLIT
from lethe.compare.frames import Frames, require
from lethe.compare.traits import is_control
from lethe.pies.jackknife import with_ends
from lethe.pies.multiple_tests import adjust
from lethe.report.spec import TableSpec

_COLUMNS = [
    *ON_SPLIT,
    "level_kind",
    "label",
    "examples",
    "reference_recall",
    "compressed_recall",
    "recall_change",
    *with_ends("normalised_change"),
    "p_paired",
    "q",
    "p_welch",
]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (cell, class)."""
    table = require(frames, "classes").rename(
        columns={"low": "normalised_change_low", "high": "normalised_change_high"}
    )
    claimed = table["p_paired"].where(~is_control(table))
    return table.assign(q=adjust(claimed.to_numpy(float)))[_COLUMNS]


SPEC = TableSpec(
    name="classes",
    title="Recall by class",
    caption=(
        "One row per class of a cell. The normalised change is the class's recall change minus the change of "
        "accuracy: what the class loses or gains beyond the average, in points, both against the reference, dense "
        "networks after the same treatment. q is the paired p value adjusted over all rows of this table but those "
        "of controls "
        "(Benjamini-Hochberg); p Welch is the unpaired test of Hooker et al., for comparison."
    ),
    reads=("classes",),
    units={
        "normalised_change": "points",
        "q": "p",
    },
    order=180,
    build=build,
)
