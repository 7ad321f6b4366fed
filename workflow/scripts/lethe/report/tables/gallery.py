"""Images that are reliably lost, then the PIEs that move furthest, at the mildest level shown to change predictions.

Below that level the PIEs are images on which the seeds disagree anyway; showing them would invite meaning into noise.
"""

import pandas as pd

from lethe.compare.cells import ON_SPLIT, pick
from lethe.compare.frames import Frames, require, require_all, with_traits
from lethe.compare.verdict import SIGNIFICANT, UNMEASURED, telling_level, verdicts
from lethe.report.spec import TableSpec

SHOWN = 10
NONE = "no level tried is shown to change predictions"
TOO_FEW = f"{NONE}: so few networks cannot show it"
UNKNOWN = "whether any level changes predictions could not be measured"
NO_IMAGE = "predictions change, but no image's modal label does, and none is reliably lost or gained"
_COLUMNS = ["example_id", "label", "dense_label", "compressed_label", "kind", "margin_shift", "q"]


def build(frames: Frames) -> pd.DataFrame:
    """Up to ten rows per (regime, method, split); one row that says so where no level is telling."""
    pies, image_tests, shares, tests = (require(frames, name) for name in SPEC.reads)
    of_images = image_tests[[*ON_SPLIT, "example_id", "q", "reliably_lost", "reliably_gained"]]
    pies = pies.merge(of_images, on=[*ON_SPLIT, "example_id"], how="left", validate="one_to_one")
    require_all(pies, "q", "image_tests")
    judged = with_traits(verdicts(shares, tests), shares)
    judged = judged.merge(tests[[*ON_SPLIT, "smallest_p_swap"]], on=ON_SPLIT, how="left", validate="one_to_one")
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
        if (levels["verdict"] == UNMEASURED).all():
            return _remark(UNKNOWN, **group, level="")
        return _remark(TOO_FEW if levels["smallest_p_swap"].min() > SIGNIFICANT else NONE, **group, level="")
    rows = pick(pies, **group, level=level)
    is_sure = rows["reliably_lost"] | rows["reliably_gained"]
    rows = rows.assign(is_unsure=~is_sure, is_gained=rows["reliably_gained"], size=-rows["margin_shift"].abs())
    rows = rows[rows["is_pie"] | is_sure]
    if rows.empty:
        return _remark(NO_IMAGE, **group, level=level)
    furthest = rows.sort_values(["is_unsure", "is_gained", "size", "example_id"]).head(SHOWN)
    path = ["path"] if "path" in furthest else []
    return furthest[[*ON_SPLIT, *_COLUMNS, *path]].assign(rank=range(1, len(furthest) + 1), note="")


def _remark(note: str, **cell: str) -> pd.DataFrame:
    """The row of a group without an image to show."""
    missing = dict.fromkeys(("rank", *_COLUMNS[:4]), pd.NA)
    return pd.DataFrame([cell | missing | {"kind": "", "margin_shift": float("nan"), "q": float("nan"), "note": note}])


SPEC = TableSpec(
    name="gallery",
    title="Images reliably lost, and PIEs that compression moves furthest",
    caption=(
        "One row per image, for each method at the mildest level that is shown to change predictions: first images "
        "that are reliably lost or gained, PIE or not (false discovery rate q of at most 5 %), then PIEs by "
        "margin shift (compressed minus dense, mean over seeds, in logits). A margin is the label's logit "
        "minus the largest other one. A path is that of the file, below the folder of the images."
    ),
    reads=("pies", "image_tests", "shares", "tests"),
    units={
        "rank": "count",
    },
    order=160,
    build=build,
)
