"""Differences between methods that remove the same share of the parameters, see `compare.contrasts`."""

import pandas as pd

from lethe.compare.contrasts import contrasts
from lethe.compare.frames import Frames, common_population, require
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec

_FIRST = ["regime", "split", "treatment", "reference", "removed_parameters", "method", "against", "relation"]
_NUMBERS = [
    *("method_accuracy", "against_accuracy", *with_ends("accuracy_difference")),
    *("method_shift", "against_shift", *with_ends("shift_difference", "excess_share_difference")),
    *("method_pie_share", "against_pie_share", *with_ends("pie_share_difference")),
]
_LAST = ["pairing", "reading"]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (regime, split, treatment, target, pair of methods); no row where there is nothing to compare."""
    seeds, shares = (require(frames, name, with_references=True) for name in ("seeds", "shares"))
    rows = contrasts(seeds, shares, require(frames, "cost"))
    types = dict.fromkeys(_FIRST + _LAST, "str") | dict.fromkeys(["removed_parameters", *_NUMBERS], "float64")
    table = pd.DataFrame(rows, columns=[*_FIRST, *_NUMBERS, *_LAST]).astype(types)
    return table.assign(population=common_population(shares))


SPEC = TableSpec(
    name="contrasts",
    title="Differences at equal removed parameters",
    caption=(
        "One row per pair of methods of one treatment where both remove 50, 75 or 90 % of the parameters. Each method "
        "stands first against its own random control, which removes or merges as much at random (methods that act "
        "during training have none), and against a small dense network. Accuracy is linear between a method's levels, "
        "never beyond the harshest; measured: both methods have a level within half a percentage point of the share; "
        "interpolated: they have not. A method that does not reach the share is left out, and so is quantisation. "
        "Shift, excess and PIE share are read on the same lines, which begin at the reference, networks from which "
        "nothing is removed and that are treated alike; a method of independent networks has no known PIE share below "
        "its mildest level. "
        "Brackets: 95 % jackknife interval over seeds, not adjusted for the number of rows. "
        "Paired: both networks of a seed come from the same dense network. Independent: one of them was trained by "
        "itself, so its interval and its PIE share hold seed noise: read its shift; such methods stand beside every "
        "treatment."
    ),
    reads=("seeds", "shares", "cost"),
    units={
        "removed_parameters": "share",
        "method_accuracy": "share",
        "against_accuracy": "share",
        "accuracy_difference": "points",
        "method_shift": "points",
        "against_shift": "points",
        "shift_difference": "points",
        "method_pie_share": "share",
        "against_pie_share": "share",
        "pie_share_difference": "points",
        "excess_share_difference": "points",
    },
    hidden=("reference",),
    headings={
        "removed_parameters": "parameters removed",
        "population": "networks per population",
    },
    order=80,
    build=build,
)
