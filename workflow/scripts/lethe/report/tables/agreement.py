"""How far the dense networks agree on an image before anything is compressed, for PIEs and for the other images.

agreement = share of the dense population on its modal label; K networks give at most K different values.
"""

import pandas as pd

from lethe.compare.cells import ON_SPLIT
from lethe.compare.frames import Frames, require
from lethe.report.spec import TableSpec

GROUPS = {True: "PIEs", False: "others"}
_CELL = [*ON_SPLIT, "level_kind"]
_KEYS = [*_CELL, "group", "dense_agreement"]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (cell, group, value of agreement); a group's shares sum to 1."""
    pies = require(frames, "pies")
    values = pies[[*_CELL, "is_pie"]].assign(
        group=pies["is_pie"].map(GROUPS),
        dense_agreement=pies["dense_agreement"].round(9),  # k / K computed in two ways is one value
    )
    counts = values.groupby(_KEYS, sort=False).size().rename("examples").reset_index()
    cells = pd.factorize(pd.MultiIndex.from_frame(counts[_CELL]))[0]
    counts = counts.assign(cell=cells, is_other=counts["group"] == GROUPS[False])
    counts = counts.sort_values(["cell", "is_other", "dense_agreement"], kind="stable", ignore_index=True)
    share = counts["examples"] / counts.groupby([*_CELL, "group"])["examples"].transform("sum")
    return counts[[*_KEYS, "examples"]].assign(share_of_group=share)


SPEC = TableSpec(
    name="agreement",
    title="Agreement of the dense networks",
    caption=(
        "One row per cell, group and value: how many of the group's images have that share of the dense networks on"
        " their modal label. Images on which the dense networks already disagree may become PIEs by seed noise alone."
    ),
    reads=("pies",),
    units={
        "examples": "count",
        "share_of_group": "share",
    },
    order=200,
    build=build,
)
