"""Whether compression makes strong classes stronger and weak ones weaker, see `compare.recall_distortion`."""

import pandas as pd

from lethe.compare.frames import Frames, require, with_traits
from lethe.compare.recall_distortion import COLUMNS, recall_distortion
from lethe.report.spec import TableSpec


def build(frames: Frames) -> pd.DataFrame:
    """One row per cell and split."""
    recalls, seeds = require(frames, "recalls"), require(frames, "seeds")
    table = with_traits(recall_distortion(recalls, seeds), seeds)
    return table[[*COLUMNS[:4], "level_kind", *COLUMNS[4:]]]


SPEC = TableSpec(
    name="recall_distortion",
    title="Recall distortion",
    caption=(
        "One row per cell. Slope of the change of a class's recall beyond the change of accuracy on how far its recall "
        "was from the accuracy before: above 0 strong classes gain and weak ones lose. What a class was before is read "
        "off other seeds than its change, as chance errors would make the slope negative. Brackets: 95 % jackknife "
        "interval over seeds."
    ),
    reads=("recalls", "seeds"),
    units={"classes": "count", "slope": "number"},
    order=360,
    chapter="families",
    build=build,
)
