"""Whether two regimes forget alike under one method, read on an equal footing, see `compare.regimes`."""

import pandas as pd

from lethe.compare.frames import SHOWN_TRAITS, Frames, common_population, require
from lethe.compare.regimes import SIDES, regimes
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec

_FIRST = ["split", "regime", "against", "method", *SHOWN_TRAITS, "reading", "level", "accuracy_drop", "matching"]
_NUMBERS = [
    *(f"{side}_dense_accuracy" for side in SIDES),
    "dense_accuracy_difference",
    *(f"{side}_accuracy_change" for side in SIDES),
    *(f"{side}_{name}" for name in ("shift", "excess_share", "pie_share") for side in SIDES),
    *with_ends("shift_difference", "excess_share_difference", "pie_share_difference"),
]
_LAST = ["pairing", "role"]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (split, pair of regimes, method, reading, level or drop); no row where a study has one regime."""
    seeds, shares = (require(frames, name, with_references=True) for name in ("seeds", "shares"))
    rows = regimes(seeds, shares)
    types = dict.fromkeys(_FIRST + _LAST, "str") | dict.fromkeys(["accuracy_drop", *_NUMBERS], "float64")
    table = pd.DataFrame(rows, columns=[*_FIRST, *_NUMBERS, *_LAST]).astype(types)
    return table.assign(population=common_population(shares))


SPEC = TableSpec(
    name="regimes",
    title="Regimes on an equal footing",
    caption=(
        "One row per pair of regimes, method and reading. Equal level: both are compressed as much. Equal accuracy "
        "drop: both have lost 0.5, 1, 2 or 5 points of accuracy against the reference, dense networks after the same "
        "treatment; shares are linear between a method's levels, from the reference on, read at the mildest point that "
        "loses so much and never beyond the harshest "
        "level; a drop that one of the two does not reach is left out, and one that either loses before its mildest "
        "level is marked: a straight line from nothing removed makes shares too small. Equal dense accuracy: at "
        "equal level, the two regimes or an earlier stop of one of them, whichever are nearest in dense accuracy on "
        "the same images; not matched: they remain more than one point apart. Difference: the regime minus the one it "
        "stands against; brackets: 95 % jackknife interval over seeds, each seed deleted from both, not adjusted for "
        "the number of rows. Shift is how far the labels of compressed networks move from those of the reference, "
        "beyond what other seeds give; PIE shares of methods that act during training hold seed noise, which differs "
        "between "
        "regimes."
    ),
    reads=("seeds", "shares"),
    units={
        "accuracy_drop": "points lost",
        "regime_dense_accuracy": "share",
        "regime_accuracy_change": "points",
        "regime_shift": "points",
        "against_shift": "points",
        "shift_difference": "points",
        "regime_pie_share": "share",
        "regime_excess_share": "points",
        "against_dense_accuracy": "share",
        "against_accuracy_change": "points",
        "against_pie_share": "share",
        "against_excess_share": "points",
        "dense_accuracy_difference": "points",
        "pie_share_difference": "points",
        "excess_share_difference": "points",
    },
    hidden=("pairing", "role"),
    headings={
        "population": "networks per population",
    },
    order=50,
    build=build,
)
