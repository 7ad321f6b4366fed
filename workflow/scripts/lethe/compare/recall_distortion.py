"""Recall distortion: whether compression makes strong classes stronger and weak ones weaker.

slope = least squares over classes c of y_c on x_c, where x_c = recall of the reference minus its accuracy, and y_c =
the change of the recall minus the change of accuracy. A positive slope is an intensification. y_c contains -x_c,
whose chance errors alone would make the slope negative; so x_c of seed k is the mean over all other seeds. The slope
is the mean over seeds; its interval deletes one seed after the other, which then neither gives x nor y.

Source: Good et al. 2022, arXiv:2206.02976, recall distortion and intensification; differs: seeds that give x do not
give y.
"""

import numpy as np
import pandas as pd
from jaxtyping import Float

from lethe.compare.cells import ON_SPLIT
from lethe.pies.jackknife import REAL, Jackknifed, with_ends

SLOPE = "slope"
COLUMNS = [*ON_SPLIT, "classes", *with_ends(SLOPE)]


def recall_distortion(recalls: pd.DataFrame, seeds: pd.DataFrame) -> pd.DataFrame:
    """One row per cell and split, the columns of COLUMNS.

    Args:
        recalls: one row per (cell, split, seed, class).
        seeds: one row per (cell, split, seed), with accuracies.
    """
    rows = []
    accuracies = seeds[[*ON_SPLIT, "seed", "reference_accuracy", "compressed_accuracy"]]
    joined = recalls.merge(accuracies, on=[*ON_SPLIT, "seed"], how="left", validate="many_to_one")
    for cell, own in joined.groupby(ON_SPLIT, sort=False):
        wide = {name: own.pivot(index="seed", columns="label", values=name).to_numpy() for name in _USED}
        before = wide["reference_recall"] - wide["reference_accuracy"]
        change = (wide["compressed_recall"] - wide["compressed_accuracy"]) - before
        slope = slopes(before, change).interval(REAL)
        names = dict(zip(ON_SPLIT, cell, strict=True))
        rows.append({**names, "classes": before.shape[1], **slope.columns(SLOPE)})
    return pd.DataFrame(rows, columns=COLUMNS)


_USED = ("reference_recall", "compressed_recall", "reference_accuracy", "compressed_accuracy")


def slopes(before: Float[np.ndarray, "seeds classes"], change: Float[np.ndarray, "seeds classes"]) -> Jackknifed:
    """The slope with all seeds and without each; NaN with fewer than 2 seeds or where all classes are alike."""
    everyone = np.arange(len(before))
    return Jackknifed(np.array([_slope(before, change, kept) for kept in (everyone, *_without(everyone))]))


def _without(everyone: np.ndarray) -> list[np.ndarray]:
    return [np.delete(everyone, seed) for seed in everyone]


def _slope(before: np.ndarray, change: np.ndarray, kept: np.ndarray) -> float:
    """Mean over the seeds that are kept, each against the others of them."""
    if len(kept) < 2:
        return float("nan")
    found = []
    for seed in kept:
        x = before[kept[kept != seed]].mean(axis=0)
        known = np.isfinite(x) & np.isfinite(change[seed])
        centred = x[known] - x[known].mean() if known.any() else x[known]
        spread = float(centred @ centred)
        found.append(float(centred @ change[seed][known]) / spread if spread > 0 else float("nan"))
    return float(np.mean(found))
