"""Differences between methods where they remove the same share of the parameters, seed by seed.

a_k(r) = accuracy of a method's seed k where it removes the share r of the parameters: linear between its levels, with
the reference (the same treatment of the dense network) at r = 0, never beyond the harshest level. difference = mean
over k of a_k(r) - b_k(r), with a t(K - 1) interval, for two methods of one treatment. Shift, excess and PIE share
belong to a population: they are read on the same lines for all seeds and without each; the interval of their
difference is the jackknife's, which for accuracy is the same as Student's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd
from jaxtyping import Float

from lethe.compare.cells import CELL
from lethe.compare.frames import (
    ON_BITS,
    jackknifed,
    reference_rows,
    removed_parameters,
    require_all,
    with_traits,
    with_wholes,
)
from lethe.compare.traits import CAPACITY_CONTROL, INDEPENDENT, METHOD, PAIRED, REFERENCE
from lethe.pies.jackknife import CHANGE, REAL, Jackknifed
from lethe.pies.quantities import WITHOUT

TARGETS = (0.5, 0.75, 0.9)
# What the second method of a pair is to the first, in the order of the rows.
OWN, SMALL, OTHER, CONTROL = "its random control", "small dense network", "another method", "other control"
RELATIONS = (OWN, SMALL, OTHER, CONTROL)
MEASURED, INTERPOLATED = "measured", "interpolated"
# A level this close to the target is taken as reaching it: halving every width removes .7496, not .75.
NEAR = 0.005
_TRAITS = ("method", "plugin", "treatment", "reference", "pairing", "role", "control")
# The columns that two methods share which were treated alike.
TREATMENT = ["treatment", "reference"]
Row = dict[str, str | float]


@dataclass(frozen=True)
class Reached:
    """One method where it removes a given share of the parameters.

    Attributes:
        reference: the method of the cell that it is compared with. Two methods are treated alike if they share it;
            treatment says the same in words, without the numbers.
        accuracy: indexed by seed.
        pie_share: NaN where a method of independent networks has no level as mild.
        excess_share, shift: from the reference.
        reading: MEASURED if a level of every seed lies within half a percentage point, else INTERPOLATED.
    """

    method: str
    plugin: str
    treatment: str
    reference: str
    pairing: str
    role: str
    control: str
    accuracy: pd.Series
    pie_share: Jackknifed
    excess_share: Jackknifed
    shift: Jackknifed
    reading: str


def contrasts(seeds: pd.DataFrame, shares: pd.DataFrame, cost: pd.DataFrame) -> list[Row]:
    """One row per (regime, split, treatment, target, pair of methods); none where there is nothing to compare.

    Methods that round to few bits remove no parameters and are left out.

    Args: seeds, shares: also of the cells from which nothing was removed.
    Raises: EmptyReport: a cell has no shares, or a seed no cost.
    """
    every = with_traits(with_wholes(seeds, shares), seeds)
    references = every[every["role"] == REFERENCE]
    rows = every[every["role"] != REFERENCE].merge(
        removed_parameters(cost), on=[*CELL, "seed"], how="left", validate="many_to_one"
    )
    require_all(rows, "removed_parameters", "cost")
    rows = rows[rows["acts_on"] != ON_BITS]
    parts = rows.groupby(["regime", "split"], sort=False)
    return [row for _, part in parts for row in _of_methods(part, references)]


def _of_methods(rows: pd.DataFrame, references: pd.DataFrame) -> Iterator[Row]:
    """Contrasts of one regime and split, by treatment and target, each method's own control first."""
    names = {name: str(rows[name].iloc[0]) for name in ("regime", "split")}
    at_target = {target: list(reached(rows, references, target)) for target in TARGETS}
    for told, (target, methods) in product(treatments(rows), at_target.items()):
        for one, other in pairs(methods, told):
            yield names | told | {"removed_parameters": target} | _contrast(one, other)


def treatments(rows: pd.DataFrame) -> list[dict[str, str]]:
    """What was done to networks after compression, each once: in words, and the cell to which it was done alone."""
    return [{str(k): str(v) for k, v in row.items()} for row in rows[TREATMENT].drop_duplicates().to_dict("records")]


def reached(rows: pd.DataFrame, references: pd.DataFrame, target: float) -> Iterator[Reached]:
    """The methods that remove that share with every seed, in order of appearance.

    Args:
        rows: one row per (method, level, seed) of one regime and split, with the method's traits,
            `removed_parameters` and the columns of `frames.with_wholes`.
        references: such rows of the cells from which nothing was removed, of any regime and split.
    """
    for _, method in rows.groupby("method", sort=False):
        by_seed = dict(list(method.groupby("seed")))
        if any(levels["removed_parameters"].max() < target - NEAR for levels in by_seed.values()):
            continue
        names = {name: str(method[name].iloc[0]) for name in _TRAITS}
        is_near = all((levels["removed_parameters"] - target).abs().min() <= NEAR for levels in by_seed.values())
        start = reference_rows(method, references)
        pie_share, excess_share, shift = (_share_at(method, start, target, quantity) for quantity in WITHOUT)
        yield Reached(
            **names,
            accuracy=pd.Series({seed: accuracy_at(levels, target) for seed, levels in by_seed.items()}),
            pie_share=pie_share,
            excess_share=excess_share,
            shift=shift,
            reading=MEASURED if is_near else INTERPOLATED,
        )


def accuracy_at(levels: pd.DataFrame, target: float) -> float:
    """Accuracy of one seed, linear between its levels; the reference removes nothing.

    Beyond the harshest level it stays at that level's, which `reached` allows within NEAR only.
    """
    path = levels.sort_values("removed_parameters", kind="stable")
    removed = np.concatenate([[0.0], path["removed_parameters"]])
    accuracy = np.concatenate([path["reference_accuracy"].iloc[:1], path["compressed_accuracy"]])
    return float(np.interp(target, removed, accuracy))


def _share_at(method: pd.DataFrame, reference: pd.DataFrame, target: float, quantity: str) -> Jackknifed:
    """A quantity of WITHOUT, linear between levels, each replicate on its own path.

    Args: reference: the rows where nothing is removed. Without any those are the dense networks, and every quantity is
        0 there; but PIEs of networks of a training of their own are unknown there, NaN below the mildest level.
    """
    levels = [level.sort_values("seed") for _, level in method.groupby("level", sort=False)]
    removed = np.array([Jackknifed.mean_of(level["removed_parameters"].to_numpy(float)).values for level in levels])
    shares = np.array([jackknifed(level, quantity).values for level in levels])
    nothing = np.zeros((1, removed.shape[1]))
    if quantity == "pie_share" and method["pairing"].iloc[0] != PAIRED:
        nothing = nothing[:0]
    first = nothing if reference.empty else jackknifed(reference.sort_values("seed"), quantity).values[None]
    paths = zip(np.concatenate([nothing, removed]).T, np.concatenate([first, shares]).T, strict=True)
    return Jackknifed(np.array([_along(x, y, target) for x, y in paths]))


def _along(x: Float[np.ndarray, " levels"], y: Float[np.ndarray, " levels"], target: float) -> float:
    """Value at a point of a path; up to NEAR beyond either end it stays at that end's."""
    order = x.argsort(kind="stable")
    return float(np.interp(target, x[order], y[order])) if target >= x.min() - NEAR else np.nan


def pairs(methods: Sequence[Reached], treatment: Mapping[str, str]) -> list[tuple[Reached, Reached]]:
    """Pairs of methods with a treatment, by relation; a method that acts during training meets every treatment.

    A control stands second, the small dense network after every other control.
    """

    def rank(method: Reached) -> int:
        return (method.role != METHOD) + (method.role == CAPACITY_CONTROL)

    def has_it(method: Reached) -> bool:
        return all(getattr(method, name) == treatment[name] for name in TREATMENT)

    able = [method for method in methods if has_it(method) or method.pairing == INDEPENDENT]
    found = [sorted(pair, key=rank) for pair in combinations(able, 2)]
    of_treatment = [(one, other) for one, other in found if has_it(one) or has_it(other)]
    return sorted(of_treatment, key=lambda pair: RELATIONS.index(relation(*pair)))


def relation(one: Reached, other: Reached) -> str:
    """What the second method of a pair is to the first."""
    if one.role == METHOD and other.role == CAPACITY_CONTROL:
        return SMALL
    if one.pairing == PAIRED and other.plugin == one.control:
        return OWN
    return OTHER if other.role == METHOD else CONTROL


def _contrast(one: Reached, other: Reached) -> Row:
    """Differences with their intervals over the seeds, which all methods of a regime have."""
    accuracies = Jackknifed.mean_of((one.accuracy - other.accuracy).to_numpy(float))
    shifts = one.shift.difference(other.shift, has_same_seeds=True, bounds=REAL)
    excesses = one.excess_share.difference(other.excess_share, has_same_seeds=True, bounds=REAL)
    pie_shares = one.pie_share.difference(other.pie_share, has_same_seeds=True)
    return {
        "method": one.method,
        "against": other.method,
        "relation": relation(one, other),
        "method_accuracy": float(one.accuracy.mean()),
        "against_accuracy": float(other.accuracy.mean()),
        "method_shift": one.shift.whole,
        "against_shift": other.shift.whole,
        "method_pie_share": one.pie_share.whole,
        "against_pie_share": other.pie_share.whole,
        **accuracies.interval(CHANGE).columns("accuracy_difference"),
        **shifts.columns("shift_difference"),
        **excesses.columns("excess_share_difference"),
        **pie_shares.columns("pie_share_difference"),
        "pairing": PAIRED if one.pairing == other.pairing == PAIRED else INDEPENDENT,
        "reading": MEASURED if one.reading == other.reading == MEASURED else INTERPOLATED,
    }
