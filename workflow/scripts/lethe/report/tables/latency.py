"""How long a forward pass takes, dense and compressed networks timed in turns on one machine.

speed-up = dense / compressed milliseconds of the same round; its median and quartiles over rounds.
"""

import pandas as pd

from lethe.compare.cells import CELL
from lethe.compare.frames import ACHIEVED, SHOWN_TRAITS, Frames, mean_removed, require, require_all, with_traits
from lethe.report.spec import TableSpec


def build(frames: Frames) -> pd.DataFrame:
    """One row per (regime, method, level, batch size)."""
    cost, latency = require(frames, "cost"), require(frames, "latency")
    table = with_traits(latency, latency).merge(mean_removed(cost), on=CELL, how="left", validate="many_to_one")
    require_all(table, "removed_parameters", "cost")
    first = [*CELL, *SHOWN_TRAITS, ACHIEVED, "removed_parameters", "device"]
    return table[[*first, *(name for name in table if name not in first)]]


SPEC = TableSpec(
    name="latency",
    title="Latency",
    caption=(
        "One row per method, level and batch size (images per forward pass). Medians over rounds in which dense and "
        "compressed networks take turns; brackets: quartiles over rounds, not intervals over seeds. Zeroed weights "
        "give no speed-up, and simulated quantisation is slower than dense. These are measurements of one machine: "
        "they differ between runs."
    ),
    reads=("latency", "cost"),
    units={
        "removed_parameters": "share",
    },
    said_once=("regime", "treatment", "threads", "rounds", "device"),
    hidden=("pairing", "acts_on", "role", "control"),
    headings={
        "removed_parameters": "parameters removed",
        "dense_milliseconds": "dense",
        "milliseconds": "compressed",
        "speedup": "speed-up",
    },
    order=150,
    build=build,
)
