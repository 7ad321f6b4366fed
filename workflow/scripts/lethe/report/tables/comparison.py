"""Fair comparison: accuracy and PIE share of every cell beside the parameters that it really removes.

removed = 1 - non-zero parameters / parameters of the dense network, mean over seeds. 50 % of the weights, 50 % of the
channels and 8 bits are different amounts; removed parameters put weights and channels on one axis. Bits remove none.
"""

import pandas as pd

from lethe.compare.cells import CELL, ON_SPLIT
from lethe.compare.frames import (
    SHOWN_TRAITS,
    Frames,
    estimates,
    mean_removed,
    require,
    with_achieved,
    with_population,
    with_traits,
)
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec

_INTERVALS = ("compressed_accuracy", "shift_from_reference", "excess_from_reference", "pie_share")
_PLAIN = ("dense_accuracy", "flip_rate")


def build(frames: Frames) -> pd.DataFrame:
    """One row per compressed cell and split."""
    cost = require(frames, "cost")
    shares = require(frames, "shares")
    found = estimates(shares, plain=_PLAIN, intervals=_INTERVALS)
    table = with_population(with_traits(found, shares), shares).merge(
        mean_removed(cost), on=CELL, how="left", validate="many_to_one"
    )
    first = [*ON_SPLIT, *SHOWN_TRAITS, "pairing", "population", "removed_parameters"]
    shown = table[[*first, *with_ends(*_INTERVALS), *_PLAIN, "acts_on", "role", "control"]]
    return with_achieved(shown, shares)


SPEC = TableSpec(
    name="comparison",
    title="Fair comparison",
    caption=(
        "One row per compressed cell. Compare methods of one treatment (what was done after compression) at equal "
        "parameters removed, not at equal levels. Achieved: the share that is gone of what the level counts, weights "
        "or channels; rounding to few bits removes nothing. PIE share: all networks "
        "against all; shift and excess, from the reference: between populations of fewer. Brackets: 95 % jackknife "
        "interval over seeds. Pairing: a paired network is made from "
        "the dense network of its seed; an independent one comes from a training run of its own, so its PIE share and "
        "flip rate hold seed noise as well, and only shift and excess compare with the others."
    ),
    reads=("shares", "cost"),
    units={
        "removed_parameters": "share",
    },
    hidden=("acts_on", "role", "control"),
    headings={
        "removed_parameters": "parameters removed",
        "population": "networks per population",
    },
    order=70,
    build=build,
)
