"""Accuracy on corrupted test images beside that on the clean ones, and whether compression makes the loss larger.

change = mean over seeds k of (accuracy of k on the corrupted images - accuracy of k on the clean ones), for the dense
and for the compressed networks; extra change = change of compressed - change of dense; jackknife intervals.

Source: Hendrycks and Dietterich 2019, arXiv:1903.12261; differs: absolute changes with intervals for every kind and
severity, where the paper divides by a reference network's error and averages.
"""

import numpy as np
import pandas as pd

from lethe.compare.cells import CELL
from lethe.compare.estimates import estimates
from lethe.compare.frames import COST_CELL, Frames, require
from lethe.compare.traits import SHOWN, with_traits
from lethe.compare.verdict import verdicts
from lethe.core.splits import is_corrupted, parse_corrupted
from lethe.pies.jackknife import CHANGE, Bounds, interval, mean_variants
from lethe.report.spec import TableSpec

CLEAN = "test"
_POPULATIONS = ("dense", "compressed")
_ACCURACIES = tuple(f"{population}_accuracy" for population in _POPULATIONS)
_CHANGES = ("dense_change", "compressed_change", "extra_change")
_BOTH: Bounds = (2 * CHANGE[0], 2 * CHANGE[1])


def build(frames: Frames) -> pd.DataFrame:
    """One row a cell on a corrupted split; no row in a study without one."""
    shares, seeds = require(frames, "shares"), require(frames, "seeds")
    corrupted = shares[shares["split"].map(is_corrupted).astype(bool)]
    table = estimates(corrupted, plain=("pie_share",), intervals=(*_ACCURACIES, "excess_share"))
    clean = estimates(shares[shares["split"] == CLEAN], plain=_ACCURACIES).drop(columns="split")
    clean = clean.rename(columns={name: f"clean_{name}" for name in _ACCURACIES})
    table = table.merge(clean, on=COST_CELL, how="left", validate="many_to_one")
    table = table.merge(_changes(seeds), on=CELL, how="left", validate="one_to_one")
    table = table.merge(verdicts(corrupted), on=CELL, how="left", validate="one_to_one")
    names = [parse_corrupted(split) for split in table["split"]]
    table["corruption"] = np.array([name.corruption for name in names], dtype=object)
    table["severity"] = np.array([name.severity for name in names], dtype=np.int64)
    return with_traits(table, shares)[_columns()]


def _changes(seeds: pd.DataFrame) -> pd.DataFrame:
    """One row a cell on a corrupted split: changes against the clean images, with intervals."""
    clean = seeds.loc[seeds["split"] == CLEAN, [*COST_CELL, "seed", *_ACCURACIES]]
    corrupted = seeds[seeds["split"].map(is_corrupted).astype(bool)]
    pairs = corrupted.merge(clean, on=[*COST_CELL, "seed"], suffixes=("", "_clean"), validate="many_to_one")
    for population in _POPULATIONS:
        name = f"{population}_accuracy"
        pairs[f"{population}_change"] = pairs[name] - pairs[f"{name}_clean"]
    pairs["extra_change"] = pairs["compressed_change"] - pairs["dense_change"]
    rows = [
        (*cell, *(number for name in _CHANGES for number in _mean(rows[name])))
        for cell, rows in pairs.groupby(CELL, sort=False)
    ]
    return pd.DataFrame(rows, columns=[*CELL, *_with_ends(_CHANGES)])


def _mean(values: pd.Series) -> tuple[float, float, float]:
    found = interval(mean_variants(values.to_numpy(float)), bounds=_BOTH)
    return found.estimate, found.low, found.high


def _with_ends(names: tuple[str, ...]) -> list[str]:
    return [f"{name}{end}" for name in names for end in ("", "_low", "_high")]


def _columns() -> list[str]:
    what = [*CELL, *SHOWN, "corruption", "severity"]
    accuracies = [*_with_ends(_ACCURACIES), *(f"clean_{name}" for name in _ACCURACIES)]
    return [*what, *accuracies, *_with_ends(_CHANGES), "pie_share", *_with_ends(("excess_share",)), "verdict", "role"]


SPEC = TableSpec(
    name="corruptions",
    title="Corrupted images",
    caption=(
        "One row a cell and corrupted copy of the test images, from severity 1 (mild) to 5 (harsh). Changes are "
        "accuracy on the corrupted images minus accuracy of the same networks on the clean ones, in points. The extra "
        "change is the compressed networks' minus the dense ones': below 0, compression has made the networks less "
        "robust than their clean accuracy tells. PIE share, excess and verdict are those of the corrupted images."
    ),
    reads=("shares", "seeds"),
    units={
        "severity": "count",
        "clean_dense_accuracy": "share",
        "clean_compressed_accuracy": "share",
        "dense_change": "points",
        "compressed_change": "points",
        "extra_change": "points",
    },
    build=build,
    splits="corrupted",
)
