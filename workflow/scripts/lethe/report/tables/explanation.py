"""How well models foretell which images are lost, beside the dense vote margin alone, see `measures.explaining`."""

import pandas as pd

from lethe.compare.frames import Frames, possibly_empty
from lethe.pies.jackknife import with_ends
from lethe.report.explained import CELL, MODELS
from lethe.report.spec import TableSpec

_SCORES = ("auroc", "average_precision", "lift")
_COLUMNS = [*CELL.values(), "split", "role", "lost_share", "model", *with_ends(*_SCORES, "gain")]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (cell, model)."""
    rows = possibly_empty(frames, "explanation")
    if rows.empty:
        return pd.DataFrame(columns=_COLUMNS).astype({"regime": str})
    rows = rows.rename(columns=CELL)
    scores = rows[rows["about"].isin(["score", "gain"])]
    named = scores.assign(quantity=scores["name"].where(scores["about"] == "score", "gain"))
    found = []
    for key, own in named.groupby([*CELL.values(), "split", "role", "lost_share", "model"], sort=False):
        row = dict(zip([*CELL.values(), "split", "role", "lost_share", "model"], key, strict=True))
        for name in (*_SCORES, "gain"):
            known = own[own["quantity"] == name]
            values = known[["value", "low", "high"]].to_numpy()[0] if len(known) else (float("nan"),) * 3
            row |= dict(zip(with_ends(name), values, strict=True))
        found.append(row | {"model": MODELS.get(str(row["model"]), row["model"])})
    return pd.DataFrame(found)[_COLUMNS]


SPEC = TableSpec(
    name="explanation",
    title="How well it is foretold which images are lost",
    caption=(
        "One row per model and method, at the mildest level at which networks lose one in a hundred of the images on "
        "which they are right, or else that at which they lose most. What is foretold: whether a network that is right "
        "before compression is wrong after it. Models see difficulties of dense networks alone, and are scored on "
        "images to which they were not fitted. AUROC: chance that a lost image scores higher than a kept one; lift: "
        "share lost in the tenth with the highest scores over that of all. Gain: AUROC minus that of the dense vote "
        "margin. Brackets: 95 % interval over images."
    ),
    reads=("explanation",),
    units={"auroc": "number", "average_precision": "share", "lift": "times", "gain": "number"},
    hidden=("role",),
    headings={"auroc": "AUROC", "lost_share": "lost, of those right before"},
    order=320,
    chapter="explanation",
    build=build,
)
