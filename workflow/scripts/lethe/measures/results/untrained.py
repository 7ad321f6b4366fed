"""The probes' first baseline: what they read off the networks of the same seeds before any training."""

import pandas as pd

from lethe.core.options import NoOptions
from lethe.measures.given import Given
from lethe.measures.probing import probe_network, untrained_network
from lethe.measures.spec import MeasureSpec


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per (seed, probe), by rising seed."""
    rows = []
    for replicate in map(given.replicate, given.seeds):
        model = untrained_network(given.architecture(), replicate, given.images("train"), given.compute)
        rows.append(probe_network(model, replicate, given).assign(on="untrained"))
    return pd.concat(rows, ignore_index=True)


SPEC = MeasureSpec(
    name="untrained",
    summary="the same probes of untrained encoders: a baseline",
    source="baseline",
    of="seeds",
    needs=("train", "test", "model"),
    like="probes",
    resources={"mem_mb": 16000, "runtime": 60, "gpu": 1},
    default=True,
    measure=measure,
)
