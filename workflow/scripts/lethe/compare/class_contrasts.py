"""Which class one method harms more than another, where both remove the same share of the parameters.

D_c(k) = Delta_c of one method - Delta_c of the other, for seed k, where Delta_c is the change of the recall of class
c minus the change of accuracy, both against networks treated alike from which nothing is removed. Delta_c is read,
seed by seed, linear between a method's levels, from 0 where nothing is removed. p: one-sample t test over the seeds;
q: over all classes and pairs of the table.

Source: Hooker et al. 2020, arXiv:2010.03058, compare methods by such changes; differs: paired by seed, at equal removed
parameters, adjusted.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float

from lethe.compare.cells import CELL
from lethe.compare.contrasts import (
    INTERPOLATED,
    MEASURED,
    OTHER,
    OWN,
    TARGETS,
    Reached,
    pairs,
    reached,
    relation,
    treatments,
)
from lethe.compare.frames import ON_BITS, removed_parameters, require_all, with_traits, with_wholes
from lethe.compare.traits import PAIRED, REFERENCE
from lethe.pies.class_impact import paired_p
from lethe.pies.jackknife import CHANGE, Jackknifed, with_ends
from lethe.pies.multiple_tests import adjust

DIFFERENCE = "normalised_change_difference"
COLUMNS = [
    *("regime", "split", "treatment", "reference", "removed_parameters", "method", "against", "relation", "label"),
    *("method_normalised_change", "against_normalised_change", *with_ends(DIFFERENCE), "p_paired", "reading", "q"),
]
# One entry per seed and class.
Changes = Float[np.ndarray, "seeds classes"]


def class_contrasts(
    recalls: pd.DataFrame, seeds: pd.DataFrame, shares: pd.DataFrame, cost: pd.DataFrame
) -> pd.DataFrame:
    """One row per (regime, split, treatment, target, pair of paired methods, class), the columns of COLUMNS.

    Args: seeds, shares: also of the cells from which nothing was removed.
    Raises: EmptyReport: a cell has no shares, or a seed no cost.
    """
    rows, references = method_rows(seeds, shares, cost)
    found = [
        row
        for (regime, split), part in rows.groupby(["regime", "split"], sort=False)
        for row in _of_methods(part, references, recalls[(recalls["regime"] == regime) & (recalls["split"] == split)])
    ]
    table = pd.DataFrame(found, columns=COLUMNS[:-1])
    return table.assign(q=adjust(table["p_paired"].to_numpy(float)))


def method_rows(seeds: pd.DataFrame, shares: pd.DataFrame, cost: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per (cell, seed) of the methods that act after training and remove parameters, and such of references.

    Raises: EmptyReport: a cell has no shares, or a seed no cost.
    """
    every = with_traits(with_wholes(seeds, shares), seeds)
    references = every[every["role"] == REFERENCE]
    rows = every[(every["role"] != REFERENCE) & (every["pairing"] == PAIRED)]
    rows = rows.merge(removed_parameters(cost), on=[*CELL, "seed"], how="left", validate="many_to_one")
    require_all(rows, "removed_parameters", "cost")
    return rows[rows["acts_on"] != ON_BITS], references


def _of_methods(
    rows: pd.DataFrame, references: pd.DataFrame, recalls: pd.DataFrame
) -> Iterator[dict[str, str | float]]:
    """The rows of one regime and split."""
    names = {name: str(rows[name].iloc[0]) for name in ("regime", "split")}
    for target in TARGETS:
        methods = list(reached(rows, references, target))
        for treatment in treatments(rows):
            for one, other in pairs(methods, treatment):
                if relation(one, other) in (OWN, OTHER):
                    told = names | treatment | {"removed_parameters": target}
                    yield from _of_pair(told, one, other, [changes_at(rows, recalls, m, target) for m in (one, other)])


def _of_pair(
    told: dict[str, str | float], one: Reached, other: Reached, changes: list[Changes]
) -> Iterator[dict[str, str | float]]:
    """One row per class."""
    differences = changes[0] - changes[1]
    for label, p in enumerate(paired_p(differences)):
        interval = Jackknifed.mean_of(differences[:, label]).interval((2 * CHANGE[0], 2 * CHANGE[1]))
        yield {
            **told,
            "method": one.method,
            "against": other.method,
            "relation": relation(one, other),
            "label": label,
            "method_normalised_change": float(changes[0][:, label].mean()),
            "against_normalised_change": float(changes[1][:, label].mean()),
            **interval.columns(DIFFERENCE),
            "p_paired": float(p),
            "reading": MEASURED if one.reading == other.reading == MEASURED else INTERPOLATED,
        }


def changes_at(rows: pd.DataFrame, recalls: pd.DataFrame, reached_by: Reached, target: float) -> Changes:
    """Normalised changes of a method where it removes that share of the parameters, seed by seed and class by class."""
    method = rows[rows["method"] == reached_by.method]
    own = recalls[recalls["method"] == reached_by.method]
    change = own.assign(change=own["compressed_recall"] - own["reference_recall"])
    wide = change.pivot(index=["level", "seed"], columns="label", values="change").sort_index(axis=1)
    found = []
    for seed, levels in method.groupby("seed"):
        path = levels.sort_values("removed_parameters", kind="stable")
        accuracy = (path["compressed_accuracy"] - path["reference_accuracy"]).to_numpy()
        normalised = wide.loc[[(level, seed) for level in path["level"]]].to_numpy() - accuracy[:, None]
        removed = np.concatenate([[0.0], path["removed_parameters"]])
        values = np.concatenate([np.zeros((1, normalised.shape[1])), normalised])
        found.append([np.interp(target, removed, of_class) for of_class in values.T])
    return np.array(found)
