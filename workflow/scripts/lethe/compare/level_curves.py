"""A method's path from mild to harsh levels, with all seeds and without each: accuracy, PIE share, excess, shift.

Read at a level, or where compression costs a given drop of accuracy (reference minus compressed): linear between
levels, from drop 0 at the reference (nothing removed, the same treatment), at the mildest point that reaches it, never
beyond the harshest level. Every replicate is read on its own path, so that an interval knows that the point itself
depends on the seeds.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lethe.compare.frames import jackknifed
from lethe.compare.level import in_levels_order
from lethe.compare.traits import PAIRED
from lethe.core.errors import PopulationError
from lethe.pies.jackknife import Jackknifed
from lethe.pies.quantities import WITHOUT

# A drop that differs from a level's by less than this is the level's: sums of floats in another order.
_EXACT = 1e-9


@dataclass(frozen=True)
class Reading:
    """What a regime's networks do at one point of a path; excess and shift are those from the reference."""

    dense_accuracy: Jackknifed
    accuracy_change: Jackknifed
    pie_share: Jackknifed
    excess_share: Jackknifed
    shift: Jackknifed


# Those that are read on the line between two levels.
READ = ("accuracy_change", "pie_share", "excess_share", "shift")


@dataclass(frozen=True)
class LevelCurve:
    """One regime's path through the levels of one method on one split.

    Attributes:
        levels: from mild to harsh, one reading each.
        unchanged: the reading of the reference: what the treatment does by itself. Without a treatment a paired network
            is then its dense one: no PIE; that of a training run of its own is not, and its PIE share there is
            unknown. Excess and shift, from the reference, are 0 there.
    """

    seeds: tuple[int, ...]
    levels: tuple[str, ...]
    readings: tuple[Reading, ...]
    unchanged: Reading

    def at_level(self, level: str) -> Reading:
        """The reading of one of its levels."""
        return self.readings[self.levels.index(level)]


def level_curve(rows: pd.DataFrame, reference: pd.DataFrame) -> LevelCurve:
    """The path of one regime, method and split.

    Args:
        rows: as `frames.with_wholes` makes them, with the traits of the method.
        reference: such rows of the cell from which nothing was removed; none where the dense networks are it.
    Raises: PopulationError: two levels do not have the same seeds.
    """
    levels = in_levels_order(rows["level"], str(rows["level_kind"].iloc[0]))
    cells = [rows[rows["level"] == level].sort_values("seed") for level in levels]
    seeds = [tuple(int(seed) for seed in cell["seed"]) for cell in cells]
    if len(set(seeds)) > 1:
        group = rows[["regime", "method", "split"]].iloc[0].to_dict()
        raise PopulationError(f"levels of {group} with the seeds {set(seeds)} given; evaluate all seeds of every level")
    readings = tuple(_reading(cell) for cell in cells)
    if reference.empty:
        return LevelCurve(seeds[0], tuple(levels), readings, _unchanged(readings[0], str(rows["pairing"].iloc[0])))
    return LevelCurve(seeds[0], tuple(levels), readings, _reading(reference.sort_values("seed")))


def at_drop(path: LevelCurve, drop: float) -> Reading | None:
    """The reading where accuracy has first fallen by so much; None where that takes a level harsher than those tried.

    Every replicate must get there, not only the population of all seeds.

    Args: drop: above 0; it is found as the first crossing, since a mild level may well raise accuracy.
    """
    points = [path.unchanged, *path.readings]
    drops = -np.stack([point.accuracy_change.values for point in points])
    has_reached = drops >= drop - _EXACT
    if not has_reached.any(axis=0).all():
        return None
    after, columns = has_reached.argmax(axis=0), np.arange(drops.shape[1])
    before = after - 1
    weight = (drop - drops[before, columns]) / (drops[after, columns] - drops[before, columns])
    weight = np.where(np.abs(drops[after, columns] - drop) <= _EXACT, 1.0, weight)

    def read(quantity: str) -> Jackknifed:
        values = np.stack([getattr(point, quantity).values for point in points])
        near, far = values[before, columns], values[after, columns]
        return Jackknifed(np.where(weight == 1, far, near + weight * (far - near)))  # the near end may be unknown

    return Reading(path.unchanged.dense_accuracy, *map(read, READ))


def is_between_levels(path: LevelCurve, drop: float) -> bool:
    """Whether the mildest level costs no more than that: from the reference to it the line is a guess.

    PIE shares rise steeply with the first changes, so a share read on that line is too small.
    """
    return -path.readings[0].accuracy_change.whole <= drop + _EXACT


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


def _reading(cell: pd.DataFrame) -> Reading:
    """What one cell's networks do, one row per seed."""
    change = cell["compressed_accuracy"] - cell["reference_accuracy"]
    return Reading(
        Jackknifed.mean_of(cell["dense_accuracy"].to_numpy(float)),
        Jackknifed.mean_of(change.to_numpy(float)),
        *(jackknifed(cell, quantity) for quantity in WITHOUT),
    )


def _unchanged(mildest: Reading, pairing: str) -> Reading:
    """Where nothing is removed: no change, and no PIE where networks are then the dense ones."""
    nothing = np.zeros_like(mildest.dense_accuracy.values)
    pie_share = nothing if pairing == PAIRED else np.full_like(nothing, np.nan)
    return Reading(mildest.dense_accuracy, *map(Jackknifed, (nothing, pie_share, nothing, nothing)))
