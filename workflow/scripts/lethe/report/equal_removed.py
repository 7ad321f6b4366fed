"""Each method's accuracy at one share of removed parameters, seed by seed: what makes different levels comparable."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

MEASURED, INTERPOLATED = "measured", "interpolated"
# A level this close to the target is taken as reaching it: halving every width removes .7496, not .75.
NEAR = 0.005


@dataclass(frozen=True)
class Reached:
    """One method where it removes a given share of the parameters.

    Attributes:
        accuracy: indexed by seed.
        reading: `measured` if a level of every seed lies within half a percent point, else `interpolated`.
    """

    method: str
    plugin: str
    level_kind: str
    treatment: str
    pairing: str
    accuracy: pd.Series
    reading: str


def reached(rows: pd.DataFrame, target: float) -> Iterator[Reached]:
    """The methods that remove that share with every seed, in order of appearance.

    Args: rows: one row a (method, level, seed) of one regime and split, with the method's traits,
        `removed_parameters`, `compressed_accuracy` and `dense_accuracy`.
    """
    for _, method in rows.groupby("method", sort=False):
        by_seed = dict(list(method.groupby("seed")))
        if any(seed["removed_parameters"].max() < target - NEAR for seed in by_seed.values()):
            continue
        accuracy = pd.Series({seed: accuracy_at(levels, target) for seed, levels in by_seed.items()})
        is_near = all((levels["removed_parameters"] - target).abs().min() <= NEAR for levels in by_seed.values())
        names = {name: str(method[name].iloc[0]) for name in ("method", "plugin", "level_kind", "treatment", "pairing")}
        yield Reached(**names, accuracy=accuracy, reading=MEASURED if is_near else INTERPOLATED)


def accuracy_at(levels: pd.DataFrame, target: float) -> float:
    """Accuracy of one seed, linear between its levels; the dense network removes nothing.

    Beyond the harshest level it stays at that level's, which `reached` allows within NEAR only.
    """
    curve = levels.sort_values("removed_parameters", kind="stable")
    removed = np.concatenate([[0.0], curve["removed_parameters"]])
    accuracy = np.concatenate([curve["dense_accuracy"].iloc[:1], curve["compressed_accuracy"]])
    return float(np.interp(target, removed, accuracy))
