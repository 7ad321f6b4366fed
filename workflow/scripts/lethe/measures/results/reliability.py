"""How reliable every measure of difficulty is: rank correlation between disjoint halves of the seeds."""

from functools import partial

import numpy as np
import pandas as pd

from lethe.core.options import NoOptions
from lethe.difficulty.reliability import reliabilities, split_halves
from lethe.measures.difficulties import read_difficulties
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per (measure of difficulty, split of the seeds into halves)."""
    known = read_difficulties(given)
    halves = split_halves(known.examined.evidence.num_seeds, given.generator("halves"))
    parts = []
    for kind in known.kinds:
        found = reliabilities(partial(known.of, kind), halves)
        parts.append(
            pd.DataFrame({"kind": kind, "halves": np.arange(len(halves), dtype=np.int64), "reliability": found})
        )
    return pd.concat(parts, ignore_index=True)


SPEC = MeasureSpec(
    name="reliability",
    summary="rank correlation of every measure of difficulty between disjoint halves of the seeds",
    source="Kwok et al. 2024, arXiv:2401.01867",
    of="regime",
    cells="dense",
    splits="clean",
    needs=("predictions", "inspection", "trajectories", "parts"),
    columns=(
        ("kind", "category", ""),  # file of difficulty/kinds
        ("halves", "int64", "number"),  # which split of the seeds
        ("reliability", "float64", "number"),  # Spearman's rank correlation, in [-1, 1]
    ),
    difficulties="population",
    key=("kind", "halves"),
    resources={"mem_mb": 8000, "runtime": 60},
    measure=measure,
)
