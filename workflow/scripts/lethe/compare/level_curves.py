"""A method's path from mild to harsh levels, with all seeds and without each: accuracy, PIE share, excess.

Read at a level, or where compression costs a given drop of accuracy (dense minus compressed): linear between levels,
from drop 0 at the dense networks, at the mildest place that reaches it, never beyond the harshest level. Every
replicate is read on its own path, so that an interval knows that the place itself depends on the seeds.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from lethe.compare.cells import CELL, severity
from lethe.compare.estimates import estimates
from lethe.compare.traits import PAIRED
from lethe.core.errors import EmptyReport, PopulationError
from lethe.pies.jackknife import mean_variants
from lethe.pies.seeds import WITHOUT

# A drop that differs from a level's by less than this is the level's: sums of floats in another order.
_EXACT = 1e-9


@dataclass(frozen=True)
class Reading:
    """What a regime's networks do at one place of a path: with all seeds, then without each."""

    dense_accuracy: Float[np.ndarray, " variants"]
    accuracy_change: Float[np.ndarray, " variants"]
    pie_share: Float[np.ndarray, " variants"]
    excess_share: Float[np.ndarray, " variants"]


@dataclass(frozen=True)
class LevelCurve:
    """One regime's path through the levels of one method on one split.

    Attributes:
        levels: from mild to harsh, one reading each.
        unchanged: the reading where nothing is removed. A paired network is then its dense one: no PIE; that of a
            training run of its own is not, and its PIE share there is unknown. The excess is 0 for both.
    """

    seeds: tuple[int, ...]
    levels: tuple[str, ...]
    readings: tuple[Reading, ...]
    unchanged: Reading

    def at_level(self, level: str) -> Reading:
        """The reading of one of its levels."""
        return self.readings[self.levels.index(level)]


def with_estimates(seeds: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """The rows of the seeds with what the shares say of the whole cell: the quantities of WITHOUT.

    Raises: EmptyReport: a cell has no shares.
    """
    whole = estimates(shares, plain=WITHOUT)
    joined = seeds.merge(whole, on=CELL, how="left", validate="many_to_one", indicator=True)
    lost = joined.loc[joined["_merge"] == "left_only", CELL]
    if len(lost):
        raise EmptyReport(f"no shares are given for the cell {lost.iloc[0].to_dict()}; give the shares of every cell")
    return joined.drop(columns="_merge")


def share_variants(level: pd.DataFrame, quantity: str) -> Float[np.ndarray, " variants"]:
    """A quantity of WITHOUT with all seeds, then without each.

    Args: level: one row a seed of one cell, as `with_estimates` makes them.
    """
    return np.array([level[quantity].iloc[0], *level[f"{quantity}_without"]], dtype=float)


def level_curve(rows: pd.DataFrame) -> LevelCurve:
    """The path of one regime, method and split.

    Args: rows: as `with_estimates` makes them, with the method's `pairing`.
    Raises: PopulationError: two levels do not have the same seeds.
    """
    levels = sorted(dict.fromkeys(rows["level"]), key=severity)
    frames = [rows[rows["level"] == level].sort_values("seed") for level in levels]
    seeds = [tuple(int(seed) for seed in frame["seed"]) for frame in frames]
    if len(set(seeds)) > 1:
        cell = rows[["regime", "method", "split"]].iloc[0].to_dict()
        raise PopulationError(f"levels of {cell} with the seeds {set(seeds)} given; evaluate all seeds of every level")
    readings = tuple(_reading(frame) for frame in frames)
    return LevelCurve(seeds[0], tuple(levels), readings, _unchanged(readings[0], str(rows["pairing"].iloc[0])))


def at_drop(path: LevelCurve, drop: float) -> Reading | None:
    """The reading where accuracy has first fallen by so much; None where that takes a level harsher than those tried.

    Every replicate must get there, not only the population of all seeds.

    Args: drop: above 0; it is found as the first crossing, since a mild level may well raise accuracy.
    """
    points = [path.unchanged, *path.readings]
    drops = -np.stack([point.accuracy_change for point in points])
    has_reached = drops >= drop - _EXACT
    if not has_reached.any(axis=0).all():
        return None
    after, columns = has_reached.argmax(axis=0), np.arange(drops.shape[1])
    before = after - 1
    weight = (drop - drops[before, columns]) / (drops[after, columns] - drops[before, columns])
    weight = np.where(np.abs(drops[after, columns] - drop) <= _EXACT, 1.0, weight)

    def read(quantity: str) -> Float[np.ndarray, " variants"]:
        values = np.stack([getattr(point, quantity) for point in points])
        near, far = values[before, columns], values[after, columns]
        return np.where(weight == 1, far, near + weight * (far - near))  # the near end may be unknown

    return Reading(path.unchanged.dense_accuracy, *map(read, ("accuracy_change", "pie_share", "excess_share")))


def is_between_levels(path: LevelCurve, drop: float) -> bool:
    """Whether the mildest level costs no more than that: from the dense networks to it the line is a guess.

    PIE shares rise steeply with the first changes, so a share read on that line is too small.
    """
    return bool(-path.readings[0].accuracy_change[0] <= drop + _EXACT)


def same_seeds(one: LevelCurve, other: LevelCurve) -> bool:
    """Whether seed k of both is one draw; seeds that only some share are an error of the study's files.

    Raises: PopulationError: they share some seeds but not all.
    """
    if one.seeds == other.seeds:
        return True
    if set(one.seeds) & set(other.seeds):
        raise PopulationError(
            f"populations with the seeds {one.seeds} and {other.seeds} given; compare equal seeds or wholly other ones"
        )
    return False


def _reading(level: pd.DataFrame) -> Reading:
    change = level["compressed_accuracy"] - level["dense_accuracy"]
    return Reading(
        mean_variants(level["dense_accuracy"].to_numpy(float)),
        mean_variants(change.to_numpy(float)),
        *(share_variants(level, quantity) for quantity in WITHOUT),
    )


def _unchanged(mildest: Reading, pairing: str) -> Reading:
    nothing = np.zeros(len(mildest.dense_accuracy))
    pie_share = nothing if pairing == PAIRED else np.full(len(nothing), np.nan)
    return Reading(mildest.dense_accuracy, nothing, pie_share, nothing)
