"""What corruption costs the same networks: accuracy on corrupted images minus accuracy on clean ones, seed by seed.

change = mean over seeds k of (accuracy of k on the corrupted images - accuracy of k on the clean ones), for the dense
and for the compressed networks; extra change = change of compressed - change of the reference, dense networks after the
same treatment, so that what recalibration does to robustness is not taken for what compression does; jackknife
intervals.
"""

import pandas as pd

from lethe.compare.cells import CELL, ON_SPLIT
from lethe.compare.frames import over_seeds
from lethe.core.splits import is_corrupted
from lethe.pies.jackknife import CHANGE, Bounds, with_ends

CLEAN = "test"
POPULATIONS = ("dense", "compressed")
_EXTRA: Bounds = (2 * CHANGE[0], 2 * CHANGE[1])  # a difference of two changes
_BOUNDS = {"dense_change": CHANGE, "compressed_change": CHANGE, "extra_change": _EXTRA}
CHANGES = tuple(_BOUNDS)


def on_corrupted(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of corrupted splits."""
    return rows[rows["split"].map(is_corrupted).astype(bool)]


def changes(seeds: pd.DataFrame) -> pd.DataFrame:
    """One row per cell and corrupted split: ON_SPLIT, then CHANGES with their intervals."""
    names = [f"{population}_accuracy" for population in (*POPULATIONS, "reference")]
    clean = seeds.loc[seeds["split"] == CLEAN, [*CELL, "seed", *names]]
    pairs = on_corrupted(seeds).merge(clean, on=[*CELL, "seed"], suffixes=("", "_clean"), validate="many_to_one")
    dense, compressed, reference = (pairs[name] - pairs[f"{name}_clean"] for name in names)
    pairs = pairs.assign(dense_change=dense, compressed_change=compressed, extra_change=compressed - reference)
    found = []
    for cell, rows in pairs.groupby(ON_SPLIT, sort=False):
        row = dict(zip(ON_SPLIT, cell, strict=True))
        for name, bounds in _BOUNDS.items():
            row |= over_seeds(name, rows[name], bounds)
        found.append(row)
    return pd.DataFrame(found, columns=[*ON_SPLIT, *with_ends(*CHANGES)])
