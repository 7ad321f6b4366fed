"""How many images a cell changes its modal label on, of which kind, and whether seed noise alone would do the same.

lost + gained + swapped = PIE share; excess = cross - null, both between halves of the seeds.

Source: Hooker et al. 2019, arXiv:1911.05248 (PIE); null, excess and intervals are additions of this project.
"""

import pandas as pd

from lethe.compare.cells import ON_SPLIT
from lethe.compare.frames import OTHER_TRAITS, SHOWN_TRAITS, Frames, estimates, require, with_traits
from lethe.compare.verdict import verdicts
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec

_FIRST = ("pie_share", "excess_share")
_KINDS = ("lost_share", "gained_share", "swapped_share")
_REST = (
    "null_share",
    "cross_share",
    "untied_pie_share",
    "dense_tied_share",
    "compressed_tied_share",
    "flip_rate",
    "taxicab_share",
)


def build(frames: Frames) -> pd.DataFrame:
    """One row per cell and split."""
    shares = require(frames, "shares")
    table = estimates(shares, plain=(*_KINDS, *_REST), intervals=_FIRST)
    counts = require(frames, "pies").groupby(ON_SPLIT, sort=False)["is_pie"].agg(examples="size", pies="sum")
    table = table.merge(counts.reset_index(), on=ON_SPLIT, how="left", validate="one_to_one")
    table = table.merge(verdicts(shares), on=ON_SPLIT, validate="one_to_one")
    table = with_traits(table, shares)
    numbers = ["examples", "pies", *with_ends(*_FIRST), "verdict", *_KINDS, *_REST]
    return table[[*ON_SPLIT, *SHOWN_TRAITS, *numbers, *OTHER_TRAITS]]


SPEC = TableSpec(
    name="pies",
    title="Images whose modal label changes (PIEs)",
    caption=(
        "One row per cell. The PIE share is that of all K compressed against all K dense networks: the sum of lost,"
        " gained and swapped. Null and cross are taken between halves of the seeds: dense against other dense "
        "networks, and dense against other compressed ones; the excess is their difference, what compression adds"
        " to seed noise. The verdict says whether the excess's 95 % interval excludes 0."
    ),
    reads=("shares", "pies"),
    units={
        "examples": "count",
        "pies": "count",
    },
    hidden=("pairing", "acts_on", "role", "control"),
    order=40,
    build=build,
)
