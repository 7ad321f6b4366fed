"""Whether what foretells losses of one cell foretells those of another."""

import pandas as pd

from lethe.compare.frames import Frames, possibly_empty
from lethe.pies.jackknife import with_ends
from lethe.report.explained import CELL
from lethe.report.spec import TableSpec

_COLUMNS = [*CELL.values(), "split", "of_cell", *with_ends("auroc"), *with_ends("own_auroc")]


def build(frames: Frames) -> pd.DataFrame:
    """One row per ordered pair of cells."""
    rows = possibly_empty(frames, "explanation")
    if rows.empty:
        return pd.DataFrame(columns=_COLUMNS).astype({"regime": str})
    rows = rows.rename(columns=CELL)
    cells = rows["regime"] + "/" + rows["method"] + "/" + rows["level"]
    is_own = (rows["about"] == "score") & (rows["name"] == "auroc") & (rows["model"] == "logistic")
    names = dict(zip(("value", "low", "high"), with_ends("own_auroc"), strict=True))
    own = rows[is_own].assign(of_cell=cells[is_own]).rename(columns=names)[["split", "of_cell", *names.values()]]
    carried = rows[rows["about"] == "transfer"]
    carried = carried.rename(
        columns={"name": "of_cell", **dict(zip(("value", "low", "high"), with_ends("auroc"), strict=True))}
    )
    return carried.merge(own, on=["split", "of_cell"], how="left", validate="many_to_one")[_COLUMNS]


SPEC = TableSpec(
    name="transfer",
    title="Whether one cell's losses foretell another's",
    caption=(
        "One row per ordered pair of cells: the logistic regression that was fitted to what the first cell loses, "
        "scored on what the second loses, on images to which it was not fitted; beside it the AUROC of the second "
        "cell's own regression. Brackets: 95 % interval over images."
    ),
    reads=("explanation",),
    units={"auroc": "number", "own_auroc": "number"},
    headings={"auroc": "AUROC on the second", "own_auroc": "its own AUROC", "of_cell": "second cell"},
    order=324,
    chapter="explanation",
    build=build,
)
