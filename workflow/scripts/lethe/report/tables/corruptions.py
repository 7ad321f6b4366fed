"""Accuracy on corrupted test images beside that on the clean ones, and whether compression makes the loss larger.

The changes are those of `compare.corrupted`.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261; differs: absolute changes with intervals for every kind and
severity, where the paper divides by a reference network's error and averages.
"""

import numpy as np
import pandas as pd

from lethe.compare.cells import CELL, ON_SPLIT
from lethe.compare.corrupted import CHANGES, CLEAN, POPULATIONS, changes, on_corrupted
from lethe.compare.frames import SHOWN_TRAITS, Frames, estimates, require, with_population, with_traits
from lethe.compare.verdict import verdicts
from lethe.core.splits import parse_corrupted
from lethe.pies.jackknife import with_ends
from lethe.report.spec import TableSpec

_ACCURACIES = tuple(f"{population}_accuracy" for population in POPULATIONS)
_MOVED = ("shift_from_reference", "excess_from_reference")
_COLUMNS = [
    *(*ON_SPLIT, *SHOWN_TRAITS, "corruption", "severity"),
    *(*with_ends(*_ACCURACIES), *(f"clean_{name}" for name in _ACCURACIES)),
    *(
        *with_ends(*CHANGES),
        "pie_share",
        *with_ends(*_MOVED),
        "population",
        "verdict",
        "role",
    ),
]


def build(frames: Frames) -> pd.DataFrame:
    """One row per cell and corrupted split; no row in a study without one."""
    shares, tests, seeds = (require(frames, name) for name in ("shares", "tests", "seeds"))
    corrupted = on_corrupted(shares)
    table = estimates(corrupted, plain=("pie_share",), intervals=(*_ACCURACIES, *_MOVED))
    clean = estimates(shares[shares["split"] == CLEAN], plain=_ACCURACIES).drop(columns="split")
    clean = clean.rename(columns={name: f"clean_{name}" for name in _ACCURACIES})
    table = table.merge(clean, on=CELL, how="left", validate="many_to_one")
    table = table.merge(changes(seeds), on=ON_SPLIT, how="left", validate="one_to_one")
    table = table.merge(verdicts(corrupted, tests), on=ON_SPLIT, how="left", validate="one_to_one")
    names = [parse_corrupted(split) for split in table["split"]]
    table = table.assign(
        corruption=np.array([name.corruption for name in names], dtype=object),
        severity=np.array([name.severity for name in names], dtype=np.int64),
    )
    return with_population(with_traits(table, shares), corrupted)[_COLUMNS]


SPEC = TableSpec(
    name="corruptions",
    title="Corrupted images",
    caption=(
        "One row per cell and corrupted copy of the test images, from severity 1 (mild) to 5 (harsh). Changes are "
        "accuracy on the corrupted images minus accuracy of the same networks on the clean ones, in points. The "
        "extra change is the compressed networks' minus that of the reference, dense networks after the same "
        "treatment: "
        "below 0, with an interval that excludes 0, compression costs more on corrupted than on clean images. PIE "
        "share, shift, excess and verdict are those of the "
        "corrupted images."
    ),
    reads=("shares", "tests", "seeds"),
    units={
        "severity": "count",
        "clean_dense_accuracy": "share",
        "clean_compressed_accuracy": "share",
        "dense_change": "points",
        "compressed_change": "points",
        "extra_change": "points",
    },
    hidden=("role",),
    headings={
        "population": "networks per population",
    },
    order=130,
    build=build,
    splits="corrupted",
)
