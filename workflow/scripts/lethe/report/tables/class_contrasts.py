"""Which class one method harms more than another at equal removed parameters, see `compare.class_contrasts`."""

import pandas as pd

from lethe.compare.class_contrasts import COLUMNS, class_contrasts
from lethe.compare.frames import Frames, require
from lethe.report.spec import TableSpec

_NAMES = ["regime", "split", "treatment", "reference", "method", "against", "relation", "reading"]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (pair of methods, class); no row where there is nothing to compare."""
    seeds, shares = (require(frames, name, with_references=True) for name in ("seeds", "shares"))
    table = class_contrasts(require(frames, "recalls"), seeds, shares, require(frames, "cost"))
    numbers = [name for name in COLUMNS if name not in (*_NAMES, "label")]
    return table[COLUMNS].astype(dict.fromkeys(_NAMES, "str") | {"label": "int64"} | dict.fromkeys(numbers, "float64"))


SPEC = TableSpec(
    name="class_contrasts",
    title="Classes that one method harms more than another",
    caption=(
        "One row per class and pair of methods of one treatment, where both remove 50, 75 or 90 % of the parameters: "
        "the method against its own random control, and against other methods. The normalised change is the class's "
        "change of recall minus the change of accuracy, in points, linear between a method's levels; the difference "
        "is that of the method minus that of the one it stands against, seed by seed. Brackets: 95 % interval over "
        "seeds; q: its paired t test, adjusted over all rows of this table (Benjamini-Hochberg). Measured: both "
        "methods "
        "have a level within half a percentage point of the share; interpolated: they have not."
    ),
    reads=("recalls", "seeds", "shares", "cost"),
    units={
        "removed_parameters": "share",
        "method_normalised_change": "points",
        "against_normalised_change": "points",
        "normalised_change_difference": "points",
        "p_paired": "p",
        "q": "p",
    },
    hidden=("reference",),
    headings={
        "removed_parameters": "parameters removed",
    },
    order=185,
    build=build,
)
