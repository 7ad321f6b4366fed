"""Each method's accuracy and PIEs at one share of removed parameters: what makes different levels comparable.

Accuracy is read seed by seed; PIEs belong to a population, so their shares are read for all seeds, then without each.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from lethe.compare.level_curves import share_variants
from lethe.compare.traits import PAIRED
from lethe.pies.jackknife import mean_variants

MEASURED, INTERPOLATED = "measured", "interpolated"
# A level this close to the target is taken as reaching it: halving every width removes .7496, not .75.
NEAR = 0.005


_NAMES = ("method", "plugin", "level_kind", "treatment", "pairing", "role", "control")


@dataclass(frozen=True)
class Reached:
    """One method where it removes a given share of the parameters.

    Attributes:
        accuracy: indexed by seed.
        pie_share: with all seeds, then without each; NaN where a method of independent networks has no level as mild.
        excess_share: likewise, and defined there.
        reading: `measured` if a level of every seed lies within half a percent point, else `interpolated`.
    """

    method: str
    plugin: str
    level_kind: str
    treatment: str
    pairing: str
    role: str
    control: str
    accuracy: pd.Series
    pie_share: Float[np.ndarray, " variants"]
    excess_share: Float[np.ndarray, " variants"]
    reading: str


def reached(rows: pd.DataFrame, target: float) -> Iterator[Reached]:
    """The methods that remove that share with every seed, in order of appearance.

    Args: rows: one row a (method, level, seed) of one regime and split, with the method's traits,
        `removed_parameters`, `compressed_accuracy`, `dense_accuracy` and the columns of `level_curves.with_estimates`.
    """
    for _, method in rows.groupby("method", sort=False):
        by_seed = dict(list(method.groupby("seed")))
        if any(seed["removed_parameters"].max() < target - NEAR for seed in by_seed.values()):
            continue
        accuracy = pd.Series({seed: accuracy_at(levels, target) for seed, levels in by_seed.items()})
        is_near = all((levels["removed_parameters"] - target).abs().min() <= NEAR for levels in by_seed.values())
        names = {name: str(method[name].iloc[0]) for name in _NAMES}
        yield Reached(
            **names,
            accuracy=accuracy,
            pie_share=share_at(method, target, "pie_share", is_zero_at_zero=names["pairing"] == PAIRED),
            excess_share=share_at(method, target, "excess_share", is_zero_at_zero=True),
            reading=MEASURED if is_near else INTERPOLATED,
        )


def accuracy_at(levels: pd.DataFrame, target: float) -> float:
    """Accuracy of one seed, linear between its levels; the dense network removes nothing.

    Beyond the harshest level it stays at that level's, which `reached` allows within NEAR only.
    """
    curve = levels.sort_values("removed_parameters", kind="stable")
    removed = np.concatenate([[0.0], curve["removed_parameters"]])
    accuracy = np.concatenate([curve["dense_accuracy"].iloc[:1], curve["compressed_accuracy"]])
    return float(np.interp(target, removed, accuracy))


def share_at(
    method: pd.DataFrame, target: float, quantity: str, *, is_zero_at_zero: bool
) -> Float[np.ndarray, " variants"]:
    """A share of the PIEs with all seeds, then without each: linear between levels, each replicate on its own path.

    Args: is_zero_at_zero: whether the share is 0 where nothing is removed; else it is NaN below the mildest level.
    """
    levels = [level.sort_values("seed") for _, level in method.groupby("level", sort=False)]
    removed = np.array([mean_variants(level["removed_parameters"].to_numpy(float)) for level in levels])
    shares = np.array([share_variants(level, quantity) for level in levels])
    start = np.zeros((1, removed.shape[1])) if is_zero_at_zero else np.empty((0, removed.shape[1]))
    paths = zip(np.concatenate([start, removed]).T, np.concatenate([start, shares]).T, strict=True)
    return np.array([_along(x, y, target) for x, y in paths])


def _along(x: Float[np.ndarray, " levels"], y: Float[np.ndarray, " levels"], target: float) -> float:
    """Value at a place of a path; up to NEAR beyond either end it stays at that end's."""
    order = x.argsort(kind="stable")
    return float(np.interp(target, x[order], y[order])) if target >= x.min() - NEAR else np.nan
