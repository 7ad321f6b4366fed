"""Which properties of an image foretell that compression loses it, see `measures.explaining`.

Of every method at one level: the mildest at which a network loses at least one image in a hundred, or else that at which
it loses most. Variables are all difficulties that every regime of the study has on the split.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lethe.core.errors import PopulationError
from lethe.core.options import NoOptions
from lethe.measures.explaining import FOLDS, GROUPS, Explained, Lost, explain, filled
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec
from lethe.pies.population import read_population

_ENOUGH = 0.01
_CELL = ("regime", "method", "level")
Cell = tuple[str, str, str]


def measure(given: Given, options: NoOptions) -> pd.DataFrame:
    """One row per (cell, model, quantity, name); no row of a cell in which nothing is lost.

    Raises: PopulationError: difficulties are of other examples than the predictions.
    """
    losses, ids = _losses(given)
    chosen = _levels(losses)
    variables, names = _variables(given, ids, [cell[0] for cell in chosen])
    by_id = np.argsort(np.argsort(ids, kind="stable"), kind="stable")
    folds, groups = (
        given.generator(name).permutation(len(ids))[by_id] % number
        for name, number in (("explanation folds", FOLDS), ("explanation groups", GROUPS))
    )
    cells = {cell: Explained(variables[cell[0]], names, losses[cell].target, folds, groups) for cell in chosen}
    rows = []
    for cell, explained in cells.items():
        others = [("/".join(other), known) for other, known in cells.items() if other != cell]
        generator = given.generator("explanation " + "/".join(cell))
        about = {f"one_{name}": word for name, word in zip(_CELL, cell, strict=True)}
        found = explain(explained, others, generator)
        rows += [about | {"lost_share": explained.target.share} | row for row in found]
    columns = [name for name, _, _ in SPEC.columns]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({name: "float64" for name, of_type, _ in SPEC.columns if of_type == "float64"})


@dataclass(frozen=True)
class _Loss:
    """What a cell loses, and how harsh its level is."""

    target: Lost
    harshness: float


def _losses(given: Given) -> tuple[dict[Cell, _Loss], np.ndarray]:
    """Of every compressed cell, how many networks lose each image, and the ids of the images.

    Raises: PopulationError: cells differ in their examples or seeds.
    """
    by_cell: dict[Cell, list] = {}
    for path, record in zip(given.files["predictions"], given.records()["predictions"], strict=True):
        by_cell.setdefault(tuple(record["cell"][name] for name in _CELL), []).append(path)
    reference_of = {}
    for record in given.records()["tests"]:
        cell = tuple(record["cell"][name] for name in _CELL)
        if record["traits"]["role"] != "reference":
            reference_of[cell] = ((cell[0], record["reference"], "0"), record["traits"]["level_kind"])
    right, found, ids = {}, {}, np.empty(0, dtype=np.int64)
    for cell, (reference, level_kind) in reference_of.items():
        for known in (reference, cell):
            if known not in right:
                population = read_population(by_cell[known])
                right[known] = population.is_right
                ids = population.example_ids if not len(ids) else ids
                if not np.array_equal(ids, population.example_ids):
                    raise PopulationError(f"{'/'.join(known)} has other examples than the first cell; evaluate it again")
        lost = (right[reference] & ~right[cell]).sum(axis=0)
        level = float(cell[2])
        harshness = -level if level_kind == "bits" else level
        found[cell] = _Loss(Lost(lost, len(right[cell])), harshness)
        del right[cell]
    return found, ids


def _levels(losses: dict[Cell, _Loss]) -> list[Cell]:
    """The cell of every regime and method that is explained, in the order of the study."""
    chosen = []
    for regime, method in dict.fromkeys(cell[:2] for cell in losses):
        own = sorted((cell for cell in losses if cell[:2] == (regime, method)), key=lambda cell: losses[cell].harshness)
        enough = [cell for cell in own if losses[cell].target.share >= _ENOUGH]
        chosen.append(enough[0] if enough else max(own, key=lambda cell: losses[cell].target.share))
    return chosen


def _variables(
    given: Given, ids: np.ndarray, regimes: list[str]
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Variables of every regime, those that all of them have.

    Raises: PopulationError: as `measure`.
    """
    found, names = {}, {}
    for table, record in zip(given.tables("difficulty"), given.records()["difficulty"], strict=True):
        regime = record["cell"]["regime"]
        wide = table.astype({"kind": str}).pivot(index="example_id", columns="kind", values="difficulty").reindex(ids)
        if wide.isna().all(axis=1).any():
            raise PopulationError(f"difficulties of '{regime}' lack examples that were predicted; measure them again")
        found[regime], names[regime] = filled({name: wide[name].to_numpy() for name in wide})
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
        ("lost_share", "float64", "share"),  # of images and networks that the cell loses
    ),
    key=("one_regime", "one_method", "one_level", "model", "about", "name"),
    resources={"mem_mb": 8000, "runtime": 60},
    measure=measure,
)
