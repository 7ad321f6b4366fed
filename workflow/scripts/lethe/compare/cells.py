"""What rows are of: cells and splits; picking and ordering them."""

import numpy as np
import pandas as pd

from lethe.compare.level import harshness

# A cell is one of the grid; most results are of a cell on a split.
CELL = ["regime", "method", "level"]
ON_SPLIT = [*CELL, "split"]
# The cells of one method: its path from mild to harsh levels.
GROUP = ["regime", "split", "method"]


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by cell: regimes, methods and splits as they first appear, levels (with `level_kind`) from mild to harsh.

    Rows of one cell keep their order; a frame without splits, methods or levels is ordered by the other names.
    """
    same = np.zeros(len(frame))
    first = {name: pd.factorize(frame[name])[0] for name in ("regime", "method", "split") if name in frame}
    by_level = harshness(frame) if "level" in frame else same
    keys = [first.get("split", same), by_level, first.get("method", same), first["regime"]]
    return frame.iloc[np.lexsort(keys)].reset_index(drop=True)


def pick(frame: pd.DataFrame, **values: str) -> pd.DataFrame:
    """The rows whose columns have these values: `pick(pies, method="fold", level="0.50")`."""
    return frame[np.logical_and.reduce([frame[name] == value for name, value in values.items()])]


def main_split(frame: pd.DataFrame) -> str:
    """The split that headlines and small multiples show: the test images if there are any, else the first."""
    splits = list(dict.fromkeys(frame["split"]))
    return "test" if "test" in splits else str(splits[0])
