"""How long a forward pass takes, dense and compressed networks timed in turns on one machine.

speed-up = dense / compressed milliseconds of the same round; its median and quartiles over rounds. Every cell times the
dense network of its regime anew: the table shows the median of these times, and their range, which tells how quiet the
machine was.
"""

import pandas as pd

from lethe.compare.cells import CELL
from lethe.compare.frames import ACHIEVED, SHOWN_TRAITS, Frames, mean_removed, require, require_all, with_traits
from lethe.report.spec import TableSpec

# What one dense network is timed with.
_SAME_DENSE = ["regime", "batch", "device", "threads"]


def build(frames: Frames) -> pd.DataFrame:
    """One row per (regime, method, level, batch size)."""
    cost, latency = require(frames, "cost"), require(frames, "latency")
    table = with_traits(latency, latency).merge(mean_removed(cost), on=CELL, how="left", validate="many_to_one")
    require_all(table, "removed_parameters", "cost")
    dense = table.groupby(_SAME_DENSE, sort=False)["dense_milliseconds"]
    table = table.assign(
        dense=dense.transform("median"), dense_low=dense.transform("min"), dense_high=dense.transform("max")
    )
    first = [
        *CELL,
        *SHOWN_TRAITS,
        ACHIEVED,
        "removed_parameters",
        "device",
        "batch",
        "dense",
        "dense_low",
        "dense_high",
    ]
    return table[[*first, *(name for name in table if name not in first)]]


SPEC = TableSpec(
    name="latency",
    title="Latency",
    caption=(
        "One row per method, level and batch size (images per forward pass). Medians over rounds in which dense and "
        "compressed networks take turns; brackets: quartiles over rounds, not intervals over seeds. Dense: the median "
        "over all levels of a regime, beside each of which it was timed again; brackets: the shortest and the longest "
        "of these. Other load, where it is known: how many cores other programs kept busy meanwhile; above a tenth the "
        "machine was not alone, and times may be too long. Zeroed weights give no speed-up, and simulated "
        "quantisation is slower than dense. These are measurements of one machine: they differ between runs."
    ),
    reads=("latency", "cost"),
    units={
        "removed_parameters": "share",
        "dense": "milliseconds",
    },
    said_once=("regime", "treatment", "threads", "rounds", "device"),
    hidden=("pairing", "acts_on", "role", "control", "dense_milliseconds"),
    headings={
        "removed_parameters": "parameters removed",
        "milliseconds": "compressed",
        "speedup": "speed-up",
        "other_load": "other load (cores)",
    },
    order=150,
    build=build,
)
