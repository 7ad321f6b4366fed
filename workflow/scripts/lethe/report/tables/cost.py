"""What the networks of every cell cost to keep and to run, the dense ones first; means over seeds.

removed = 1 - non-zero parameters / parameters of the dense network, where zeros that are made by rounding to few bits
count as parameters; ratio = dense / this.
"""

import pandas as pd

from lethe.compare.cells import CELL, in_order
from lethe.compare.frames import SHOWN_TRAITS, TRAITS, Frames, mean_removed, require, with_achieved
from lethe.core.levels import DENSE
from lethe.report.spec import TableSpec

PLAIN, SIMULATED = "float32", "simulated in float32"
_SIZES = ("parameters", "nonzero_parameters", "macs", "bytes", "deflated_bytes", "packed_bytes")
_WITH_RATIO = ("parameters", "macs", "bytes", "deflated_bytes", "packed_bytes")


def build(frames: Frames) -> pd.DataFrame:
    """One row per (regime, method, level), dense networks included."""
    cost = require(frames, "cost")
    keys = [*CELL, *TRAITS, "simulated"]
    means = cost.groupby(keys, sort=False)[list(_SIZES)].mean().reset_index()
    table = in_order(means.merge(mean_removed(cost), on=CELL, validate="one_to_one"))
    table = table.assign(arithmetic=table["simulated"].map({False: PLAIN, True: SIMULATED}))
    dense = table[table["method"] == DENSE].set_index("regime")
    for name in _WITH_RATIO:
        table[f"{name}_ratio"] = table["regime"].map(dense[name]) / table[name]
    sizes = [column for name in _SIZES[2:] for column in (name, f"{name}_ratio")]
    shown = table[
        [
            *(*CELL, *SHOWN_TRAITS, "arithmetic", "removed_parameters"),
            *("parameters", "parameters_ratio", "nonzero_parameters", *sizes),
        ]
    ]
    return with_achieved(shown, cost)


SPEC = TableSpec(
    name="cost",
    title="Cost",
    caption=(
        "One row per cell, dense networks included; means over seeds. Achieved: the share that is gone of what the "
        "level counts, weights or channels; whole channels go, so that it may lie above the level. Parameters removed: "
        "1 - non-zero parameters over the parameters of the dense network; weights that quantisation rounds to 0 are "
        "stored like all others and are not removed. Brackets: how many times smaller than dense. MACs: "
        "multiply-accumulates of one image, those with a zero weight included, because zeroed weights save no "
        "arithmetic. Deflated: the file after zlib. Packed in bits: if quantised weights were stored in their bits. "
        "Simulated in float32: the arithmetic of the method is imitated, the network is stored and run in float32."
    ),
    reads=("cost",),
    units={
        "removed_parameters": "share",
        "parameters_ratio": "times",
        "macs_ratio": "times",
        "bytes_ratio": "times",
        "deflated_bytes_ratio": "times",
        "packed_bytes_ratio": "times",
    },
    headings={
        "removed_parameters": "parameters removed",
        "nonzero_parameters": "non-zero parameters",
        "macs": "MACs",
        "bytes": "file",
        "deflated_bytes": "file, deflated",
        "packed_bytes": "packed in bits",
    },
    order=140,
    build=build,
)
