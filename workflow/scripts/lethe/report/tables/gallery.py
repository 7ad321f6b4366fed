"""The PIEs that compression moves furthest, at the mildest level of each method that rises above seed noise.

Below that level the PIEs are images on which the seeds disagree anyway; showing them would invite meaning into noise.
"""

import pandas as pd

from lethe.compare.cells import ON_SPLIT, pick
from lethe.compare.frames import Frames, require, with_traits
from lethe.compare.verdict import UNMEASURED, telling_level, verdicts
from lethe.report.spec import TableSpec

SHOWN = 10
NONE = "no level tried has PIEs above seed noise"
UNKNOWN = "whether any level's PIEs are above seed noise could not be measured"
HALVES_ONLY = "above seed noise between halves of the seeds, but no image changes between all networks"
_COLUMNS = ["example_id", "label", "dense_label", "compressed_label", "kind", "margin_shift"]


def build(frames: Frames) -> pd.DataFrame:
    """Up to ten rows per (regime, method, split); one row that says so where no level is telling."""
    pies, shares = require(frames, "pies"), require(frames, "shares")
    judged = with_traits(verdicts(shares), shares)
    groups = judged[["regime", "method", "split"]].drop_duplicates()
    level_kinds: dict[str, str] = dict(pies[["method", "level_kind"]].drop_duplicates().itertuples(index=False))
    parts = [_rows(pies, judged, *group) for group in groups.itertuples(index=False)]
    table = pd.concat(parts, ignore_index=True)
    table = table.assign(level_kind=table["method"].map(level_kinds))
    numbers = dict.fromkeys(("rank", *_COLUMNS[:4]), "Int64")  # nullable: the row without an image has none
    path = ["path"] if "path" in table else []
    table = table.assign(**{name: table[name].fillna("") for name in path})
    return table.astype(numbers)[[*ON_SPLIT, "level_kind", "rank", *_COLUMNS, *path, "note"]]


def _rows(pies: pd.DataFrame, judged: pd.DataFrame, regime: str, method: str, split: str) -> pd.DataFrame:
    """The images of one method, or the row that says why there are none."""
    group = {"regime": regime, "method": method, "split": split}
    levels = pick(judged, **group)
    level = telling_level(levels)
    if level is None:
        return _remark(UNKNOWN if (levels["verdict"] == UNMEASURED).all() else NONE, **group, level="")
    rows = pick(pies, **group, level=level)
    rows = rows[rows["is_pie"]]
    if rows.empty:
        return _remark(HALVES_ONLY, **group, level=level)
    furthest = rows.assign(size=-rows["margin_shift"].abs()).sort_values(["size", "example_id"]).head(SHOWN)
    path = ["path"] if "path" in furthest else []
    return furthest[[*ON_SPLIT, *_COLUMNS, *path]].assign(rank=range(1, len(furthest) + 1), note="")


def _remark(note: str, **cell: str) -> pd.DataFrame:
    """The row of a group without an image to show."""
    missing = dict.fromkeys(("rank", *_COLUMNS[:4]), pd.NA)
    return pd.DataFrame([cell | missing | {"kind": "", "margin_shift": float("nan"), "note": note}])


SPEC = TableSpec(
    name="gallery",
    title="PIEs that compression moves furthest",
    caption=(
        "One row per image: the PIEs with the largest margin shift (compressed minus dense, mean over seeds, in "
        "logits), for each method at the mildest level whose PIEs are above seed noise. A margin is the label's logit "
        "minus the largest other one. A path is that of the file, below the folder of the images."
    ),
    reads=("pies", "shares"),
    units={
        "rank": "count",
    },
    order=160,
    build=build,
)
