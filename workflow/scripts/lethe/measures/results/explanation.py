"""Which properties of an image foretell that compression loses it, see `measures.explaining`.

Of every method at one level, see `measures.losses`. Variables are all difficulties that every regime of the study
has on the split.
"""

import numpy as np
import pandas as pd

from lethe.core.errors import PopulationError
from lethe.core.options import NoOptions
from lethe.measures.explaining import FOLDS, GROUPS, Explained, explain, filled
from lethe.measures.given import Given
from lethe.measures.losses import CELL, looked_at, read_losses
from lethe.measures.spec import MeasureSpec


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per (cell, model, quantity, name); no row of a cell in which nothing is lost.

    Raises: PopulationError: difficulties are of other examples than the predictions.
    """
    losses, ids = read_losses(given)
    chosen = looked_at(losses)
    variables, names = _variables(given, ids, [cell[0] for cell in chosen])
    by_id = np.argsort(np.argsort(ids, kind="stable"), kind="stable")
    folds, groups = (
        given.generator(name).permutation(len(ids))[by_id] % number
        for name, number in (("explanation folds", FOLDS), ("explanation groups", GROUPS))
    )
    cells = {cell: Explained(variables[cell[0]], names, losses[cell], folds, groups) for cell in chosen}
    rows = []
    for cell, explained in cells.items():
        others = [("/".join(other), known) for other, known in cells.items() if other != cell]
        generator = given.generator("explanation " + "/".join(cell))
        about = {f"one_{name}": word for name, word in zip(CELL, cell, strict=True)}
        found = explain(explained, others, generator)
        told = {"lost_share": explained.target.share, "role": explained.target.role}
        rows += [about | told | row for row in found]
    columns = [name for name, _, _ in SPEC.columns]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: "float64" for name, of_type, _ in SPEC.columns if of_type == "float64"})


def _variables(given: Given, ids: np.ndarray, regimes: list[str]) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Variables of every regime, those that all of them have.

    Raises: PopulationError: as `measure`.
    """
    found, names = {}, {}
    for table, record in zip(given.tables("difficulty"), given.records()["difficulty"], strict=True):
        regime = record["cell"]["regime"]
        wide = table.astype({"kind": str}).pivot(index="example_id", columns="kind", values="difficulty").reindex(ids)
        if wide.isna().all(axis=1).any():
            raise PopulationError(f"difficulties of '{regime}' lack examples that were predicted; measure them again")
        found[regime], names[regime] = filled({str(name): wide[name].to_numpy() for name in wide})
    common = [name for name in names[regimes[0]] if all(name in names[regime] for regime in regimes)]
    places = {regime: [names[regime].index(name) for name in common] for regime in regimes}
    return {regime: found[regime][:, places[regime]] for regime in regimes}, tuple(common)


SPEC = MeasureSpec(
    name="explanation",
    summary="which properties of an image foretell that compression loses it",
    source="Iofinova et al. 2023, arXiv:2304.12622; scikit-learn",
    of="study",
    treated=True,
    splits="clean",
    needs=("predictions", "tests", "difficulty"),
    columns=(
        ("one_regime", "category", ""),
        ("one_method", "category", ""),
        ("one_level", "category", ""),
        ("model", "category", ""),  # vote_margin, logistic, boosted_trees
        ("about", "category", ""),  # score, gain, odds_ratio, odds_ratio_alone, importance, transfer
        ("name", "category", ""),  # of a score, a variable, or the cell that is foretold
        ("value", "float64", "number"),
        ("low", "float64", "number"),  # importance: least and largest of three permutations; else 95 % over images
        ("high", "float64", "number"),
        ("role", "category", ""),  # of the method
        ("lost_share", "float64", "share"),  # lost, of the images and networks that are right before
    ),
    key=("one_regime", "one_method", "one_level", "model", "about", "name"),
    resources={"mem_mb": 8000, "runtime": 60},
    measure=measure,
)
