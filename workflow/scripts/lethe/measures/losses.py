"""What every compressed cell of some files of predictions loses, image by image, and at which level it is looked at.

A network loses an image that it gets right after the treatment alone and wrong after compression. Of a method's
levels the mildest counts at which networks lose at least one in a hundred of the images on which they are right, or
else that at which they lose most.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from lethe.compare.level import Level
from lethe.core.errors import PopulationError
from lethe.measures.given import Given
from lethe.pies.population import Population, read_population

ENOUGH = 0.01
CELL = ("regime", "method", "level")
Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Losses:
    """How many networks lose each image, of how many that could.

    Attributes:
        lost: networks that are right before compression and wrong after it.
        right: networks that are right before it.
        is_pie: whether the modal label of all networks differs from that of the treated dense ones.
        harshness: larger for a harsher level of the same method.
        role: what the method is for, as its record says.
    """

    lost: Int[np.ndarray, " examples"]
    right: Int[np.ndarray, " examples"]
    is_pie: Bool[np.ndarray, " examples"]
    harshness: float
    role: str = "method"

    @property
    def share(self) -> float:
        """Lost, of all images and networks that are right before; NaN where none is."""
        return float(self.lost.sum() / self.right.sum()) if self.right.any() else float("nan")


def read_losses(given: Given) -> tuple[dict[Cell, Losses], Int[np.ndarray, " examples"]]:
    """Of every compressed cell among `predictions` and `tests`, in the order of the files; and the ids of the images.

    Raises: PopulationError: cells differ in their examples, or a reference is missing.
    """
    by_cell: dict[Cell, list[Path]] = {}
    for path, record in zip(given.files["predictions"], given.records()["predictions"], strict=True):
        by_cell.setdefault(_cell(record), []).append(path)
    references: dict[Cell, Population] = {}
    found: dict[Cell, Losses] = {}
    ids = np.empty(0, dtype=np.int64)
    for record in given.records()["tests"]:
        if record["traits"]["role"] == "reference":
            continue
        cell = _cell(record)
        reference = (cell[0], str(record["reference"]), "0")
        for known in (cell, reference):
            if known not in by_cell:
                raise PopulationError(f"no predictions of {'/'.join(known)} are given; add its files")
        if reference not in references:
            references[reference] = read_population(by_cell[reference])
        before, after = references[reference], read_population(by_cell[cell])
        ids = ids if len(ids) else before.example_ids
        for name, population in ((reference, before), (cell, after)):
            if not np.array_equal(ids, population.example_ids):
                raise PopulationError(f"{'/'.join(name)} has other examples than the first cell; evaluate it again")
        traits = record["traits"]
        found[cell] = _losses(before, after, Level(cell[2], traits["level_kind"]).harshness, str(traits["role"]))
    return found, ids


def looked_at(losses: dict[Cell, Losses]) -> list[Cell]:
    """The cell of every regime and method that is looked at, in the order of the study."""
    chosen = []
    for regime, method in dict.fromkeys(cell[:2] for cell in losses):
        own = sorted((cell for cell in losses if cell[:2] == (regime, method)), key=lambda cell: losses[cell].harshness)
        chosen.append(_first_enough((cell, losses[cell].share) for cell in own))
    return chosen


def _first_enough(shares: Iterable[tuple[Cell, float]]) -> Cell:
    """The mildest cell that loses enough, else the one that loses most.

    Args: shares: from mild to harsh.
    """
    known = list(shares)
    enough = [cell for cell, share in known if share >= ENOUGH]
    return enough[0] if enough else max(known, key=lambda one: np.nan_to_num(one[1], nan=-1))[0]


def _losses(before: Population, after: Population, harshness: float, role: str) -> Losses:
    """What compression loses of what treated networks have."""
    right = before.is_right
    labels = [_modal(population) for population in (before, after)]
    return Losses((right & ~after.is_right).sum(axis=0), right.sum(axis=0), labels[0] != labels[1], harshness, role)


def _modal(population: Population) -> Int[np.ndarray, " examples"]:
    """The most frequent label of all networks, the smallest of several."""
    votes = np.zeros((population.num_classes, len(population.labels)), dtype=np.int32)
    rows = np.arange(len(population.labels))
    for predictions in population.predictions:
        votes[predictions, rows] += 1
    return votes.argmax(axis=0)


def _cell(record: dict[str, Any]) -> Cell:
    regime, method, level = (str(record["cell"][name]) for name in CELL)
    return regime, method, level
