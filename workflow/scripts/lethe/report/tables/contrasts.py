"""Differences between methods at equal removed parameters, seed by seed.

a_k(r) = accuracy of a method's seed k where it removes the share r of the parameters: linear between its levels, with
the dense network at r = 0, never beyond the harshest level. difference = mean over k of a_k(r) - b_k(r), with a
t(K - 1) interval, for two methods of one treatment.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import pandas as pd

from lethe.pies.jackknife import CHANGE, interval, mean_variants
from lethe.report.equal_removed import INTERPOLATED, MEASURED, Reached, reached
from lethe.report.families import CONTROLS, SMALL_DENSE, own_control
from lethe.report.frames import COST_CELL, require
from lethe.report.spec import Frames, TableSpec
from lethe.report.traits import INDEPENDENT, PAIRED, pairing, removed_parameters, require_all, with_traits

TARGETS = (0.5, 0.75, 0.9)
OWN, SMALL, OTHER, CONTROL = "its random control", "small dense network", "another method", "other control"
RELATIONS = (OWN, SMALL, OTHER, CONTROL)
_TEXTS = ["regime", "split", "treatment", "method", "against", "relation", "pairing", "reading"]
_NUMBERS = ["removed_parameters", "method_accuracy", "against_accuracy"]
_DIFFERENCE = ["accuracy_difference", "accuracy_difference_low", "accuracy_difference_high"]
_COLUMNS = [*_TEXTS[:3], _NUMBERS[0], *_TEXTS[3:6], *_NUMBERS[1:], *_DIFFERENCE, *_TEXTS[6:]]


def build(frames: Frames) -> pd.DataFrame:
    """One row a (regime, split, treatment, target, pair of methods); no row where there is nothing to compare."""
    rows = _per_seed(require(frames, "seeds"), require(frames, "cost"))
    found = [row for _, place in rows.groupby(["regime", "split"], sort=False) for row in _place(place)]
    types = dict.fromkeys(_TEXTS, "str") | dict.fromkeys(_NUMBERS + _DIFFERENCE, "float64")
    return pd.DataFrame(found, columns=_COLUMNS).astype(types)


def _per_seed(seeds: pd.DataFrame, cost: pd.DataFrame) -> pd.DataFrame:
    """One row a (cell, seed) of the methods that remove parameters: accuracies, removed parameters, traits."""
    keys = [*COST_CELL, "seed"]
    rows = with_traits(seeds, cost).merge(removed_parameters(cost), on=keys, how="left", validate="many_to_one")
    require_all(rows, "removed_parameters")
    rows = rows[rows["level_kind"] != "bits"]  # weights that round to 0 were not removed
    return rows.assign(pairing=rows["plugin"].map(pairing))


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
    rank = [(method.plugin in CONTROLS) + (method.plugin == SMALL_DENSE) for method in (one, other)]
    return (other, one) if rank[0] > rank[1] else (one, other)


def _relation(one: Reached, other: Reached) -> str:
    if one.plugin not in CONTROLS and other.plugin == SMALL_DENSE:
        return SMALL
    if one.pairing == PAIRED and other.plugin == own_control(one.plugin, one.level_kind):
        return OWN
    return CONTROL if other.plugin in CONTROLS else OTHER


def _contrast(one: Reached, other: Reached) -> dict[str, str | float]:
    """Difference of accuracy with its interval over the seeds that both have."""
    differences = (one.accuracy - other.accuracy).dropna()
    found = interval(mean_variants(differences.to_numpy(float)), bounds=CHANGE)
    are_measured = one.reading == other.reading == MEASURED
    are_paired = one.pairing == other.pairing == PAIRED
    return {
        "method": one.method,
        "against": other.method,
        "relation": _relation(one, other),
        "method_accuracy": float(one.accuracy.mean()),
        "against_accuracy": float(other.accuracy.mean()),
        "accuracy_difference": found.estimate,
        "accuracy_difference_low": found.low,
        "accuracy_difference_high": found.high,
        "pairing": PAIRED if are_paired else INDEPENDENT,
        "reading": MEASURED if are_measured else INTERPOLATED,
    }


SPEC = TableSpec(
    name="contrasts",
    title="Differences at equal removed parameters",
    caption=(
        "One row a pair of methods of one treatment where both remove 50, 75 or 90 % of the parameters. Each method "
        "stands first against its own random control, which removes or merges as much at random (methods that act "
        "during training have none), and against a small dense network. Accuracy is linear between a method's levels, "
        "never beyond the harshest; measured: both methods have a level within half a percentage point of the share; "
        "interpolated: they have not. A method that does not reach the share is left out, and so is quantisation. "
        "Difference: mean over seeds; brackets: 95 % t interval over seeds, not adjusted for the number of rows. "
        "Paired: both networks of a seed come from the same dense network. Independent: one of them was trained by "
        "itself, so its interval holds seed noise; such methods stand beside every treatment."
    ),
    reads=("seeds", "cost"),
    build=build,
)
