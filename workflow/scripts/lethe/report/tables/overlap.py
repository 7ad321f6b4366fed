"""Whether two cells lose the same images, each method at one level, see `pies.overlap`."""

import pandas as pd

from lethe.compare.frames import Frames, possibly_empty
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec

ENOUGH = 0.01  # of the images in a set
_ONE = ["one_regime", "one_method", "one_level"]
_AGAINST = ["against_regime", "against_method", "against_level"]
_NUMBERS = [
    "one_size",
    "against_size",
    *with_ends("jaccard", "lift", "lift_within", "shared"),
    "population",
    "examples",
]
_COLUMNS = ["split", "set", *_ONE, *_AGAINST, "against_split", "one_role", "against_role", *_NUMBERS]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (split, set, pair of methods), each method of a regime at one level."""
    rows = possibly_empty(frames, "overlap")
    if rows.empty:
        return pd.DataFrame(columns=_COLUMNS).astype({"split": str})
    is_shown = pd.Series(True, index=rows.index)
    for side in (_ONE, _AGAINST):
        chosen = looked_at(rows)
        keys = pd.MultiIndex.from_frame(rows[["split", *side]])
        is_shown &= pd.Series(keys.isin(chosen), index=rows.index)
    return rows.loc[is_shown, _COLUMNS].reset_index(drop=True)


def looked_at(rows: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """Split, regime, method and level at which a method is looked at.

    The smallest of its PIE sets with at least one image in a hundred, or else the largest.
    """
    own = rows[(rows["set"] == "pie") & (rows["split"] == rows["against_split"])]
    is_self = (own[_ONE].to_numpy() == own[_AGAINST].to_numpy()).all(axis=1)
    found = []
    for (split, regime, method), levels in own[is_self].groupby(["split", "one_regime", "one_method"], sort=False):
        ordered = levels.sort_values("one_size", kind="stable")
        enough = ordered[ordered["one_size"] >= ENOUGH * ordered["examples"]]
        chosen = enough.iloc[0] if len(enough) else ordered.iloc[-1]
        found.append((str(split), str(regime), str(method), str(chosen["one_level"])))
    return found


SPEC = TableSpec(
    name="overlap",
    title="Whether the same images are lost",
    caption=(
        "One row per pair of methods, and per method with itself, each at one level: that with the smallest PIE set of "
        "at least one image in a hundred, or else the largest. Sets are those of populations that share no seed, "
        "between networks after the same treatment. Lift: images in both over what chance gives; lift within: the same "
        "within tenths of the images by the dense vote margin. Shared: what two methods have in common beyond chance "
        "within the tenths, over what each has in common with itself: 1, the same images as far as other seeds lose "
        "the same ones again; 0, no more than two methods that lose equally hard images at random. Brackets: 95 % "
        "jackknife interval over seeds. Missing where a method is not shown to have anything in common with itself: "
        "its PIEs are then those of the seeds."
    ),
    reads=("overlap",),
    splits="all",
    headings={
        "one_regime": "regime",
        "one_method": "method",
        "one_level": "level",
        "against_split": "images of the second",
        "one_size": "images in the first",
        "against_size": "images in the second",
        "lift_within": "lift within tenths",
        "population": "networks per population",
        "examples": "images",
    },
    hidden=("one_role", "against_role"),
    said_once=("split", "against_split", "population", "examples"),
    order=330,
    chapter="overlap",
    build=build,
)
