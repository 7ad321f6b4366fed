"""Whether two regimes forget alike under one method, read on an equal footing, because regimes differ in accuracy.

difference = shift from reference of one regime - that of the other, with the jackknife's interval: seed k leaves both;
excess and PIE share beside it. The PIE share holds each regime's seed noise, the excess the scatter of its compressed
networks; shift alone is how far labels move.

Equal level: what a level does to both. Equal accuracy drop: reference - compressed is the same, see `level_curves`.
Equal dense accuracy: a level again, of the two entries of the plug-ins whose dense accuracies are nearest, where a
study holds regimes that were stopped earlier in training (`stop_after`).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from lethe.compare.frames import SHOWN_TRAITS, reference_rows, with_traits, with_wholes
from lethe.compare.level_curves import (
    LevelCurve,
    Reading,
    at_drop,
    is_between_levels,
    level_curve,
    same_seeds,
)
from lethe.compare.traits import REFERENCE, regime_traits
from lethe.pies.jackknife import CHANGE, REAL

LEVEL, DROP, DENSE_ACCURACY = "equal level", "equal accuracy drop", "equal dense accuracy"
DROPS = (0.005, 0.01, 0.02, 0.05)
MATCHED, NOT_MATCHED = "matched", "not matched"
BETWEEN, BELOW = "between levels", "below the mildest level"
MOST_APART = 0.01
SIDES = ("regime", "against")
_ROUNDING = 1e-9
Pair = tuple[str, str]
Row = dict[str, str | float]


@dataclass(frozen=True)
class _Method:
    """One method on one split, with its path for every regime."""

    names: dict[str, str]
    curves: dict[str, LevelCurve]


def regimes(seeds: pd.DataFrame, shares: pd.DataFrame) -> list[Row]:
    """One row per (split, pair of regimes, method, reading, level or drop); none where a study has one regime.

    Args: seeds, shares: also of the cells from which nothing was removed.
    Raises: EmptyReport: a cell has no shares. PopulationError: seeds do not fit, see `level_curves`.
    """
    rows = with_traits(with_wholes(seeds, shares), seeds)
    known = regime_traits(seeds)
    return [row for _, part in rows.groupby("split", sort=False) for row in _of_pairs(part, known)]


def _of_pairs(rows: pd.DataFrame, known: pd.DataFrame) -> Iterator[Row]:
    """The rows of one split; regimes that were stopped early only serve to match dense accuracies."""
    compressed = rows[rows["role"] != REFERENCE]
    methods = [_method(method, rows) for _, method in compressed.groupby("method", sort=False)]
    accuracy = {str(name): float(mean) for name, mean in rows.groupby("regime")["dense_accuracy"].mean().items()}
    known = known[known["regime"].isin(list(accuracy))]
    for pair in combinations(known.loc[~known["is_stopped"], "regime"], 2):
        nearest = nearest_pair(pair, known, accuracy)
        for method in methods:
            yield from _compared(method, pair, LEVEL)
            yield from _compared(method, pair, DROP)
            yield from _compared(method, nearest, DENSE_ACCURACY) if nearest else ()


def _method(rows: pd.DataFrame, every: pd.DataFrame) -> _Method:
    """Names and paths of one method, from its rows in all regimes, and all rows, among them its references."""
    names = {name: str(rows[name].iloc[0]) for name in ("split", "method", *SHOWN_TRAITS, "pairing", "role")}
    curves = {
        str(regime): level_curve(part, reference_rows(part, every))
        for regime, part in rows.groupby("regime", sort=False)
    }
    return _Method(names, curves)


def nearest_pair(pair: Pair, known: pd.DataFrame, accuracy: Mapping[str, float]) -> Pair | None:
    """Two regimes, or one of them and an earlier stop of the other's plug-in, whichever are nearest in dense accuracy.

    Args: known: as `regime_traits` makes them.
    Returns: None for two regimes of one plug-in.
    """
    plugin = dict(zip(known["regime"], known["regime_plugin"], strict=True))
    one, other = pair
    if plugin[one] == plugin[other]:
        return None
    stopped = list(known.loc[known["is_stopped"], "regime"])
    candidates = [pair, *((one, stop) for stop in stopped if plugin[stop] == plugin[other])]
    candidates += [(stop, other) for stop in stopped if plugin[stop] == plugin[one]]
    return min(candidates, key=lambda names: abs(accuracy[names[0]] - accuracy[names[1]]))


def _compared(method: _Method, pair: Pair, reading: str) -> Iterator[Row]:
    """The rows of two regimes under one method and reading; none where one of them lacks the method."""
    if not set(pair) <= set(method.curves):
        return
    one, other = (method.curves[regime] for regime in pair)
    names = {**method.names, **dict(zip(SIDES, pair, strict=True)), "reading": reading}
    for level, drop, first, second in _at_drops(one, other) if reading == DROP else _at_levels(one, other):
        numbers = _numbers(first, second, has_same_seeds=same_seeds(one, other))
        is_between = is_between_levels(one, drop) and is_between_levels(other, drop)
        is_near = abs(numbers["dense_accuracy_difference"]) <= MOST_APART + _ROUNDING
        matching = {
            LEVEL: "",
            DROP: BETWEEN if is_between else BELOW,
            DENSE_ACCURACY: MATCHED if is_near else NOT_MATCHED,
        }
        yield {**names, "level": level, "accuracy_drop": drop, "matching": matching[reading], **numbers}


def _at_levels(one: LevelCurve, other: LevelCurve) -> Iterator[tuple[str, float, Reading, Reading]]:
    """Every level that both have."""
    for level in one.levels:
        if level in other.levels:
            yield level, math.nan, one.at_level(level), other.at_level(level)


def _at_drops(one: LevelCurve, other: LevelCurve) -> Iterator[tuple[str, float, Reading, Reading]]:
    """Every drop of DROPS that both reach."""
    for drop in DROPS:
        first, second = at_drop(one, drop), at_drop(other, drop)
        if first is not None and second is not None:
            yield "", drop, first, second


def _numbers(one: Reading, other: Reading, *, has_same_seeds: bool) -> dict[str, float]:
    """What either regime does, and the differences with their intervals."""
    numbers: dict[str, float] = {
        f"{side}_{name}": getattr(reading, name).whole
        for side, reading in zip(SIDES, (one, other), strict=True)
        for name in ("dense_accuracy", "accuracy_change", "shift", "excess_share", "pie_share")
    }
    apart = numbers["regime_dense_accuracy"] - numbers["against_dense_accuracy"]
    differences: dict[str, float] = {}
    for name, bounds in (("shift", REAL), ("excess_share", REAL), ("pie_share", CHANGE)):
        first, second = getattr(one, name), getattr(other, name)
        found = first.difference(second, has_same_seeds=has_same_seeds, bounds=bounds)
        differences |= found.columns(f"{name}_difference")
    return {**numbers, "dense_accuracy_difference": apart, **differences}
