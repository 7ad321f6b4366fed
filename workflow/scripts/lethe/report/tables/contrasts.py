"""Differences between methods at equal removed parameters, seed by seed.

a_k(r) = accuracy of a method's seed k where it removes the share r of the parameters: linear between its levels, with
the dense network at r = 0, never beyond the harshest level. difference = mean over k of a_k(r) - b_k(r), with a
t(K - 1) interval, for two methods of one treatment. PIE share and excess are read on the same lines for all seeds and
without each; the interval of their difference is the jackknife's, which for accuracy is the same as Student's.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import pandas as pd

from lethe.compare.equal_removed import INTERPOLATED, MEASURED, Reached, reached
from lethe.compare.frames import COST_CELL, Frames, require
from lethe.compare.level_curves import with_estimates
from lethe.compare.traits import (
    CAPACITY_CONTROL,
    INDEPENDENT,
    METHOD,
    PAIRED,
    removed_parameters,
    require_all,
    with_traits,
)
from lethe.pies.jackknife import CHANGE, REAL, Interval, difference, interval, mean_variants
from lethe.report.spec import TableSpec

TARGETS = (0.5, 0.75, 0.9)
OWN, SMALL, OTHER, CONTROL = "its random control", "small dense network", "another method", "other control"
RELATIONS = (OWN, SMALL, OTHER, CONTROL)
_TEXTS = ["regime", "split", "treatment", "method", "against", "relation", "pairing", "reading"]
_ENDS = ("", "_low", "_high")
_ACCURACY = ["method_accuracy", "against_accuracy", *(f"accuracy_difference{end}" for end in _ENDS)]
_PIES = ["method_pie_share", "against_pie_share"]
_PIES += [f"{name}_difference{end}" for name in ("pie_share", "excess_share") for end in _ENDS]
_COLUMNS = [*_TEXTS[:3], "removed_parameters", *_TEXTS[3:6], *_ACCURACY, *_PIES, *_TEXTS[6:]]


def build(frames: Frames) -> pd.DataFrame:
    """One row a (regime, split, treatment, target, pair of methods); no row where there is nothing to compare."""
    seeds = with_estimates(require(frames, "seeds"), require(frames, "shares"))
    rows = _per_seed(seeds, require(frames, "cost"))
    found = [row for _, place in rows.groupby(["regime", "split"], sort=False) for row in _place(place)]
    types = dict.fromkeys(_COLUMNS, "float64") | dict.fromkeys(_TEXTS, "str")
    return pd.DataFrame(found, columns=_COLUMNS).astype(types)


def _per_seed(seeds: pd.DataFrame, cost: pd.DataFrame) -> pd.DataFrame:
    """One row a (cell, seed) of the methods that remove parameters: accuracies, removed parameters, traits."""
    keys = [*COST_CELL, "seed"]
    rows = with_traits(seeds, seeds).merge(removed_parameters(cost), on=keys, how="left", validate="many_to_one")
    require_all(rows, "removed_parameters")
    return rows[rows["acts_on"] != "bits"]  # weights that round to 0 were not removed


def _place(rows: pd.DataFrame) -> Iterator[dict[str, str | float]]:
    """Contrasts of one regime and split, by treatment and target, each method's own control first."""
    place = {name: str(rows[name].iloc[0]) for name in ("regime", "split")}
    at_target = {target: list(reached(rows, target)) for target in TARGETS}
    for treatment, (target, methods) in product(dict.fromkeys(rows["treatment"]), at_target.items()):
        for one, other in _pairs(methods, treatment):
            yield place | {"treatment": treatment, "removed_parameters": target} | _contrast(one, other)


def _pairs(methods: Sequence[Reached], treatment: str) -> list[tuple[Reached, Reached]]:
    """Pairs of methods with a treatment; nothing is done after training to a method that acts during it."""
    able = [method for method in methods if method.treatment == treatment or method.pairing == INDEPENDENT]
    pairs = [_oriented(*pair) for pair in combinations(able, 2) if treatment in (pair[0].treatment, pair[1].treatment)]
    return sorted(pairs, key=lambda pair: RELATIONS.index(_relation(*pair)))


def _oriented(one: Reached, other: Reached) -> tuple[Reached, Reached]:
    """A control stands second, the small dense network after every other control."""
    rank = [(method.role != METHOD) + (method.role == CAPACITY_CONTROL) for method in (one, other)]
    return (other, one) if rank[0] > rank[1] else (one, other)


def _relation(one: Reached, other: Reached) -> str:
    if one.role == METHOD and other.role == CAPACITY_CONTROL:
        return SMALL
    if one.pairing == PAIRED and other.plugin == one.control:
        return OWN
    return OTHER if other.role == METHOD else CONTROL


def _contrast(one: Reached, other: Reached) -> dict[str, str | float]:
    """Differences with their intervals over the seeds, which all methods of a regime have."""
    accuracies = (one.accuracy - other.accuracy).to_numpy(float)
    are_measured = one.reading == other.reading == MEASURED
    are_paired = one.pairing == other.pairing == PAIRED
    return {
        "method": one.method,
        "against": other.method,
        "relation": _relation(one, other),
        "method_accuracy": float(one.accuracy.mean()),
        "against_accuracy": float(other.accuracy.mean()),
        "method_pie_share": float(one.pie_share[0]),
        "against_pie_share": float(other.pie_share[0]),
        **_named("accuracy", interval(mean_variants(accuracies), bounds=CHANGE)),
        **_named("pie_share", difference(one.pie_share, other.pie_share, has_same_seeds=True)),
        **_named("excess_share", difference(one.excess_share, other.excess_share, has_same_seeds=True, bounds=REAL)),
        "pairing": PAIRED if are_paired else INDEPENDENT,
        "reading": MEASURED if are_measured else INTERPOLATED,
    }


def _named(quantity: str, found: Interval) -> dict[str, float]:
    ends = (found.estimate, found.low, found.high)
    return {f"{quantity}_difference{end}": value for end, value in zip(_ENDS, ends, strict=True)}


SPEC = TableSpec(
    name="contrasts",
    title="Differences at equal removed parameters",
    caption=(
        "One row a pair of methods of one treatment where both remove 50, 75 or 90 % of the parameters. Each method "
        "stands first against its own random control, which removes or merges as much at random (methods that act "
        "during training have none), and against a small dense network. Accuracy is linear between a method's levels, "
        "never beyond the harshest; measured: both methods have a level within half a percentage point of the share; "
        "interpolated: they have not. A method that does not reach the share is left out, and so is quantisation. "
        "PIE share and excess are read on the same lines, with 0 where nothing is removed; a method of independent "
        "networks has no known PIE share below its mildest level. "
        "Brackets: 95 % jackknife interval over seeds, not adjusted for the number of rows. "
        "Paired: both networks of a seed come from the same dense network. Independent: one of them was trained by "
        "itself, so its interval and its PIE share hold seed noise: read its excess; such methods stand beside every "
        "treatment."
    ),
    reads=("seeds", "shares", "cost"),
    units={
        "removed_parameters": "share",
        "method_accuracy": "share",
        "against_accuracy": "share",
        "accuracy_difference": "points",
        "method_pie_share": "share",
        "against_pie_share": "share",
        "pie_share_difference": "points",
        "excess_share_difference": "points",
    },
    build=build,
)
