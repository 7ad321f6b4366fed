"""Whether two methods make the same classes pay, see `compare.class_families`."""

import pandas as pd

from lethe.compare.class_families import AGREEMENT_COLUMNS, class_agreement
from lethe.compare.frames import Frames, require
from lethe.report.spec import TableSpec

_TEXTS = ["regime", "split", "treatment", "reference", "method", "against", "method_acts_on", "against_acts_on"]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (pair of methods, share removed); no row where there is nothing to compare."""
    seeds, shares = (require(frames, name, with_references=True) for name in ("seeds", "shares"))
    table = class_agreement(require(frames, "recalls"), seeds, shares, require(frames, "cost"))
    numbers = [name for name in AGREEMENT_COLUMNS if name not in _TEXTS]
    return table.astype(dict.fromkeys(_TEXTS, "str") | dict.fromkeys(numbers, "float64"))


SPEC = TableSpec(
    name="class_agreement",
    title="Whether the same classes pay",
    caption=(
        "One row per pair of methods of one treatment where both remove 50, 75 or 90 % of the parameters. Agreement: "
        "rank correlation over classes of what half of the seeds say that a class pays under the one method with what "
        "the other half says under the other. A method's agreement with itself, between the same halves, is what the "
        "agreement would be if the same classes paid, as far as half of the seeds can tell. Brackets: 95 % jackknife "
        "interval over seeds."
    ),
    reads=("recalls", "seeds", "shares", "cost"),
    units={
        "removed_parameters": "share",
        "classes": "count",
        "agreement": "number",
        "method_itself": "number",
        "against_itself": "number",
    },
    hidden=("reference", "method_acts_on", "against_acts_on"),
    headings={
        "removed_parameters": "parameters removed",
        "method_itself": "method with itself",
        "against_itself": "against with itself",
    },
    order=355,
    chapter="families",
    build=build,
)
