"""How disagreement depends on the size of the populations, by subsampling the seeds.

excess = cross - null at the same number of models per population.
"""

import pandas as pd

from lethe.compare.cells import ON_SPLIT
from lethe.compare.frames import Frames, require
from lethe.report.spec import TableSpec


def build(frames: Frames) -> pd.DataFrame:
    """One row per (cell, number of models)."""
    table = require(frames, "by_size")
    excess = table["cross_share"] - table["null_share"]
    return table[[*ON_SPLIT, "level_kind", "models", "null_share", "cross_share"]].assign(excess_share=excess)


SPEC = TableSpec(
    name="by_size",
    title="PIE share by population size",
    caption=(
        "One row per cell and population size. Null: two disjoint dense populations of that size; cross: a dense "
        "and a compressed one, of different seeds. Even sizes tie more often than odd ones, so compare odd with "
        "odd."
    ),
    reads=("by_size",),
    headings={
        "models": "models per population",
    },
    order=210,
    build=build,
)
