"""How many images a cell changes its modal label on, of which kind, and whether seed noise alone would do the same.

lost + gained + swapped = PIE share; cross - null = excess = shift + spread, between populations of m networks.

Source: Hooker et al. 2019, arXiv:1911.05248 (PIE); all else are additions of this project.
"""

import pandas as pd

from lethe.compare.cells import ON_SPLIT
from lethe.compare.frames import OTHER_TRAITS, SHOWN_TRAITS, Frames, estimates, require, with_traits
from lethe.compare.verdict import SHIFT, SPREAD, verdicts
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec

_FIRST = ("pie_share", SHIFT, SPREAD, "shift", "spread", "excess_share")
_TESTS = [
    *("models", "population", "p_swap", "smallest_p_swap", "detectable_shift"),
    *("reliably_lost", "reliably_gained", "could_be_found"),
]
_KINDS = ("lost_share", "gained_share", "swapped_share")
_REST = (
    "null_share",
    "compressed_null_share",
    "cross_share",
    "untied_pie_share",
    "dense_tied_share",
    "compressed_tied_share",
    "flip_rate",
    "taxicab_share",
)


def build(frames: Frames) -> pd.DataFrame:
    """One row per cell and split."""
    shares, tests = (require(frames, name, with_references=True) for name in ("shares", "tests"))
    table = estimates(shares, plain=(*_KINDS, *_REST), intervals=_FIRST)
    counts = (
        require(frames, "pies", with_references=True)
        .groupby(ON_SPLIT, sort=False)["is_pie"]
        .agg(examples="size", pies="sum")
    )
    table = table.merge(counts.reset_index(), on=ON_SPLIT, how="left", validate="one_to_one")
    table = table.merge(tests[[*ON_SPLIT, *_TESTS]], on=ON_SPLIT, how="left", validate="one_to_one")
    table = table.merge(verdicts(shares, tests), on=ON_SPLIT, validate="one_to_one")
    table = with_traits(table, shares)
    numbers = ["examples", "pies", *with_ends(*_FIRST), "verdict", *_TESTS, *_KINDS, *_REST]
    return table[[*ON_SPLIT, *SHOWN_TRAITS, *numbers, *OTHER_TRAITS]]


SPEC = TableSpec(
    name="pies",
    title="Images whose modal label changes (PIEs)",
    caption=(
        "One row per cell; treated cells are references, from which nothing was removed. The PIE share is that of "
        "all K compressed against all K dense networks: the sum of lost, gained and swapped. Null, compressed null "
        "and cross are shares of images on which two populations of m networks that share no seed have different "
        "modal labels: dense and dense, compressed and compressed, dense and compressed. The excess, cross minus "
        "null, is the disagreement that compression and its treatment add: the shift of predicted labels and the "
        "spread among compressed networks. Shift and spread from reference are the same against the reference, dense "
        "networks after the same treatment. p swap: the share of exchanges of compressed networks with their "
        "references that give at least as large a shift; K networks cannot give less than the smallest p. Verdict: "
        "changed where p is at most 0.05; moved if the interval of shift from reference lies above 0, scattered if "
        "only that of spread does. Detectable shift: that of single networks, not of populations, which so many "
        "seeds find in 80 of 100 studies, given how these networks vary, where labels do not move on images on which "
        "networks err together. Reliably lost or gained: images whose own test has a false discovery rate of at most "
        "5 %, of those on which it could be shown at all; paired and independent cells differ in how many those are. "
        "Brackets: 95 % jackknife interval over seeds; that of shift covers more where there is no shift."
    ),
    reads=("shares", "tests", "pies"),
    units={
        "examples": "count",
        "pies": "count",
    },
    hidden=("acts_on", "role", "control"),
    headings={
        "models": "networks",
        "population": "networks per population",
    },
    order=40,
    build=build,
)
