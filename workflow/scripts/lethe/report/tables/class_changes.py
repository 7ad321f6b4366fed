"""Which classes pay under which method at equal removed parameters, see `compare.class_families`."""

import pandas as pd

from lethe.compare.class_families import CHANGE_COLUMNS, class_changes
from lethe.compare.frames import Frames, require
from lethe.report.spec import TableSpec

_TEXTS = ["regime", "split", "treatment", "reference", "method", "role", "reading"]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (method, share removed, class); no row where there is nothing to compare."""
    seeds, shares = (require(frames, name, with_references=True) for name in ("seeds", "shares"))
    table = class_changes(require(frames, "recalls"), seeds, shares, require(frames, "cost"))
    numbers = [name for name in CHANGE_COLUMNS if name not in (*_TEXTS, "label")]
    return table.astype(dict.fromkeys(_TEXTS, "str") | {"label": "int64"} | dict.fromkeys(numbers, "float64"))


SPEC = TableSpec(
    name="class_changes",
    title="What every class pays at equal removed parameters",
    caption=(
        "One row per class and method where it removes 50, 75 or 90 % of the parameters. The normalised change is the "
        "class's change of recall minus the change of accuracy, in points, both against the reference, linear between "
        "a method's levels. Brackets: 95 % interval over seeds; q: paired t test, adjusted over all rows but those of "
        "controls (Benjamini-Hochberg)."
    ),
    reads=("recalls", "seeds", "shares", "cost"),
    units={"removed_parameters": "share", "normalised_change": "points", "p_paired": "p", "q": "p"},
    hidden=("reference", "role"),
    headings={"removed_parameters": "parameters removed"},
    order=350,
    chapter="families",
    build=build,
)
