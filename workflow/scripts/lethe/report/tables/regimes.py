"""Whether two regimes forget alike under one method, read on an equal footing, because regimes differ in accuracy.

difference = PIE share of one regime - PIE share of the other, with the jackknife's interval: seed k leaves both.
Equal level: what a level does to both. Equal accuracy drop: dense - compressed is the same, see
`report.level_curves`. Equal dense accuracy: a level again, of the two entries of the plug-ins whose dense accuracies
are nearest, where a study holds regimes that were stopped earlier in training (`stop_after`).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from lethe.compare.frames import Frames, require
from lethe.compare.level_curves import (
    LevelCurve,
    Reading,
    at_drop,
    is_between_levels,
    level_curve,
    same_seeds,
    with_estimates,
)
from lethe.compare.traits import SHOWN, regime_traits, with_traits
from lethe.pies.jackknife import CHANGE, REAL, difference
from lethe.report.spec import TableSpec

LEVEL, DROP, DENSE_ACCURACY = "equal level", "equal accuracy drop", "equal dense accuracy"
DROPS = (0.005, 0.01, 0.02, 0.05)
MATCHED, NOT_MATCHED = "matched", "not matched"
BETWEEN, BELOW = "between levels", "below the mildest level"
MOST_APART = 0.01
_TEXTS = ["split", "regime", "against", "method", *SHOWN, "reading", "level", "matching", "pairing", "role"]
_ENDS = ("", "_low", "_high")
_SIDES = ("regime", "against")
_NUMBERS = [
    *(f"{side}_dense_accuracy" for side in _SIDES),
    "dense_accuracy_difference",
    *(f"{side}_accuracy_change" for side in _SIDES),
    *(f"{side}_pie_share" for side in _SIDES),
    *(f"pie_share_difference{end}" for end in _ENDS),
    *(f"{side}_excess_share" for side in _SIDES),
    *(f"excess_share_difference{end}" for end in _ENDS),
]
_COLUMNS = [*_TEXTS[:-3], "accuracy_drop", _TEXTS[-3], *_NUMBERS, *_TEXTS[-2:]]
Pair = tuple[str, str]
Both = tuple[Reading, Reading]
Row = dict[str, str | float]


@dataclass(frozen=True)
class _Method:
    """One method on one split, with its path for every regime."""

    names: dict[str, str]
    curves: dict[str, LevelCurve]


def build(frames: Frames) -> pd.DataFrame:
    """One row a (split, pair of regimes, method, reading, level or drop); no row where a study has one regime."""
    seeds = require(frames, "seeds")
    rows = with_traits(with_estimates(seeds, require(frames, "shares")), seeds)
    regimes = regime_traits(seeds)
    found = [row for _, place in rows.groupby("split", sort=False) for row in _place(place, regimes)]
    types = dict.fromkeys(_COLUMNS, "float64") | dict.fromkeys(_TEXTS, "str")
    return pd.DataFrame(found, columns=_COLUMNS).astype(types)


def _place(rows: pd.DataFrame, regimes: pd.DataFrame) -> Iterator[Row]:
    """The rows of one split; regimes that were stopped early only serve to match dense accuracies."""
    methods = [_method(method) for _, method in rows.groupby("method", sort=False)]
    accuracy = {str(name): float(mean) for name, mean in rows.groupby("regime")["dense_accuracy"].mean().items()}
    known = regimes[regimes["regime"].isin(list(accuracy))]
    for pair in combinations(known.loc[~known["is_stopped"], "regime"], 2):
        nearest = nearest_pair(pair, known, accuracy)
        for method in methods:
            yield from _compared(method, pair, LEVEL)
            yield from _compared(method, pair, DROP)
            yield from _compared(method, nearest, DENSE_ACCURACY) if nearest else ()


def nearest_pair(pair: Pair, regimes: pd.DataFrame, accuracy: Mapping[str, float]) -> Pair | None:
    """Two regimes, or one of them and an earlier stop of the other's plug-in, whichever are nearest in dense accuracy.

    Args: regimes: as `regime_traits` makes them.
    Returns: None for two regimes of one plug-in.
    """
    plugin = dict(zip(regimes["regime"], regimes["regime_plugin"], strict=True))
    one, other = pair
    if plugin[one] == plugin[other]:
        return None
    stopped = list(regimes.loc[regimes["is_stopped"], "regime"])
    pairs = [pair, *((one, stop) for stop in stopped if plugin[stop] == plugin[other])]
    pairs += [(stop, other) for stop in stopped if plugin[stop] == plugin[one]]
    return min(pairs, key=lambda names: abs(accuracy[names[0]] - accuracy[names[1]]))


def _method(rows: pd.DataFrame) -> _Method:
    names = {name: str(rows[name].iloc[0]) for name in ("split", "method", *SHOWN, "pairing", "role")}
    return _Method(names, {str(regime): level_curve(part) for regime, part in rows.groupby("regime", sort=False)})


def _compared(method: _Method, pair: Pair, reading: str) -> Iterator[Row]:
    """The rows of two regimes under one method and reading; none where one of them lacks the method."""
    if not set(pair) <= set(method.curves):
        return
    one, other = (method.curves[regime] for regime in pair)
    has_same_seeds = same_seeds(one, other)
    names = {**method.names, **dict(zip(_SIDES, pair, strict=True)), "reading": reading}
    for level, drop, readings in _at_drops(one, other) if reading == DROP else _at_levels(one, other):
        numbers = _numbers(*readings, has_same_seeds=has_same_seeds)
        matching = {LEVEL: "", DROP: _place_of(one, other, drop), DENSE_ACCURACY: _matching(numbers)}[reading]
        yield {**names, "level": level, "accuracy_drop": drop, "matching": matching, **numbers}


def _at_levels(one: LevelCurve, other: LevelCurve) -> Iterator[tuple[str, float, Both]]:
    for level in one.levels:
        if level in other.levels:
            yield level, math.nan, (one.at_level(level), other.at_level(level))


def _at_drops(one: LevelCurve, other: LevelCurve) -> Iterator[tuple[str, float, Both]]:
    for drop in DROPS:
        first, second = at_drop(one, drop), at_drop(other, drop)
        if first is not None and second is not None:
            yield "", drop, (first, second)


def _place_of(one: LevelCurve, other: LevelCurve, drop: float) -> str:
    return BETWEEN if is_between_levels(one, drop) and is_between_levels(other, drop) else BELOW


def _matching(numbers: Mapping[str, float]) -> str:
    return MATCHED if abs(numbers["dense_accuracy_difference"]) <= MOST_APART + 1e-9 else NOT_MATCHED


def _numbers(one: Reading, other: Reading, *, has_same_seeds: bool) -> dict[str, float]:
    numbers = {
        f"{side}_{name}": float(getattr(reading, name)[0])
        for side, reading in zip(_SIDES, (one, other), strict=True)
        for name in ("dense_accuracy", "accuracy_change", "pie_share", "excess_share")
    }
    numbers["dense_accuracy_difference"] = numbers["regime_dense_accuracy"] - numbers["against_dense_accuracy"]
    for name, bounds in (("pie_share", CHANGE), ("excess_share", REAL)):
        first, second = getattr(one, name), getattr(other, name)
        found = difference(first, second, has_same_seeds=has_same_seeds, bounds=bounds)
        ends = (found.estimate, found.low, found.high)
        numbers |= {f"{name}_difference{end}": value for end, value in zip(_ENDS, ends, strict=True)}
    return numbers


SPEC = TableSpec(
    name="regimes",
    title="Regimes on an equal footing",
    caption=(
        "One row a pair of regimes, method and reading. Equal level: both are compressed as much. Equal accuracy "
        "drop: both have lost 0.5, 1, 2 or 5 points of accuracy; PIE shares are linear between a method's levels, "
        "with 0 where nothing is removed, read at the mildest place that loses so much and never beyond the harshest "
        "level; a drop that one of the two does not reach is left out, and one that either loses before its mildest "
        "level is marked: a straight line from nothing removed makes PIE shares too small. Equal dense accuracy: at "
        "equal level, the two regimes or an earlier stop of one of them, whichever are nearest in dense accuracy on "
        "the same images; not matched: they remain more than one point apart. Difference: the regime minus the one it "
        "stands against; brackets: 95 % jackknife interval over seeds, each seed deleted from both, not adjusted for "
        "the number of rows. PIE shares of methods that act during training hold seed noise, which differs between "
        "regimes: read their excess."
    ),
    reads=("seeds", "shares"),
    units={
        "accuracy_drop": "points lost",
        "regime_dense_accuracy": "share",
        "regime_accuracy_change": "points",
        "regime_pie_share": "share",
        "regime_excess_share": "points",
        "against_dense_accuracy": "share",
        "against_accuracy_change": "points",
        "against_pie_share": "share",
        "against_excess_share": "points",
        "dense_accuracy_difference": "points",
        "pie_share_difference": "points",
        "excess_share_difference": "points",
    },
    build=build,
)
