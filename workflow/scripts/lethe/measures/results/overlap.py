"""Whether cells lose the same images: every two cells of a split, and every cell with itself, see `pies.overlap`.

PIEs are here between networks after the same treatment, so that two methods do not agree because both recalibrate. On a
corrupted split every cell also stands beside itself on the clean test images.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from pydantic import Field

from lethe.core.errors import PopulationError
from lethe.core.options import Count, Strict
from lethe.core.splits import TEST, is_corrupted
from lethe.measures.given import Given
from lethe.measures.spec import MeasureSpec
from lethe.pies.modal import modal_of, pie_kinds
from lethe.pies.overlap import Overlap, PieSets, Strata, overlap, told
from lethe.pies.pairs import Pairs, disjoint_pairs, population_size
from lethe.pies.population import Population, read_population

_KINDS = ("pie", "lost")
_CELL = ("regime", "method", "level")
Cell = tuple[str, str, str]


class Options(Strict):
    """How many pairs of populations are compared."""

    pairs: Count = Field(default=100, description="pairs of disjoint populations, drawn once, the same for every cell")


def measure(given: Given, options: Options) -> pd.DataFrame:
    """One row per (set, pair of cells).

    Raises: PopulationError: cells differ in their seeds or examples.
    """
    split = _read(given, given.split)
    beside = _read(given, TEST) if is_corrupted(given.split) else None
    first = next(iter(split.populations.values()))
    number = len(first.seeds)
    size = population_size(number)
    pairs = disjoint_pairs(number, size, given.generator("overlap"), most=options.pairs, drawn=options.pairs)
    rows = [row for one, other in _regime_pairs(split) for row in _rows(split, beside, one, other, pairs)]
    frame = pd.DataFrame(rows, columns=[name for name, _, _ in SPEC.columns if name not in ("population", "examples")])
    cells = {side: zip(*(frame[f"{side}_{name}"] for name in _CELL), strict=True) for side in ("one", "against")}
    roles = {f"{side}_role": [split.roles[cell] for cell in found] for side, found in cells.items()}
    frame = frame.assign(**roles)
    return frame.assign(population=float(size), examples=len(first.labels)).sort_values(
        list(SPEC.key), ignore_index=True
    )


@dataclass(frozen=True)
class _Split:
    """All populations of a split, and the reference of each compressed cell."""

    name: str
    populations: dict[Cell, Population]
    references: dict[Cell, Cell]
    roles: dict[Cell, str]
    modal: dict[Cell, np.ndarray] = field(default_factory=dict)

    def labels(self, cell: Cell, pairs: Pairs) -> Int[np.ndarray, "two pairs examples"]:
        """Modal labels of both populations of every pair."""
        if cell not in self.modal:
            known = self.populations[cell]
            everyone = np.concatenate([pairs.first, pairs.second])
            votes = known.predictions.astype(np.int16)
            found = modal_of(votes, everyone, known.num_classes, ties="smallest")
            self.modal[cell] = found.reshape(2, len(pairs), -1)
        return self.modal[cell]

    def sets(self, cell: Cell, kind: str, pairs: Pairs) -> np.ndarray:
        """PIE sets of both populations of every pair."""
        before, after = self.labels(self.references[cell], pairs), self.labels(cell, pairs)
        kinds = pie_kinds(before, after, self.populations[cell].labels)
        return kinds.any if kind == "pie" else kinds.lost


def _read(given: Given, split: str) -> _Split:
    """All cells of a split.

    Raises: PopulationError: as `measure`.
    """
    need = "predictions" if split == given.split else "predictions:clean"
    by_cell: dict[Cell, list[Path]] = {}
    for path, record in zip(given.files[need], given.records()[need], strict=True):
        if record["cell"]["split"] == split:
            by_cell.setdefault(tuple(record["cell"][name] for name in _CELL), []).append(path)
    populations = {cell: read_population(paths) for cell, paths in by_cell.items()}
    first = next(iter(populations.values()))
    for cell, population in populations.items():
        if not (
            np.array_equal(population.seeds, first.seeds) and np.array_equal(population.example_ids, first.example_ids)
        ):
            raise PopulationError(
                f"{'/'.join(cell)} has other seeds or examples than the first cell; evaluate it again"
            )
    references, roles = {}, {}
    for record in given.records()["tests"]:
        cell = tuple(record["cell"][name] for name in _CELL)
        if cell in populations and record["traits"]["role"] != "reference":
            references[cell] = (cell[0], record["reference"], "0")
            roles[cell] = str(record["traits"]["role"])
    return _Split(split, populations, references, roles)


def _regime_pairs(split: _Split) -> Iterator[tuple[str, str]]:
    """Every two regimes, and each with itself."""
    regimes = list(dict.fromkeys(cell[0] for cell in split.references))
    for position, one in enumerate(regimes):
        for other in regimes[position:]:
            yield one, other


def _strata(split: _Split, *regimes: str) -> Strata:
    """Examples by the vote margin of the dense networks of two regimes together, then by their mean margin of
    logits."""
    margins, confidences = [], []
    for regime in dict.fromkeys(regimes):
        dense = split.populations[regime, "dense", "0"]
        margins.append(_vote_margin(dense))
        confidences.append(-np.abs(dense.margins.astype(np.float64)).mean(axis=0))
    return Strata.by(np.mean(margins, axis=0), np.mean(confidences, axis=0))


def _vote_margin(dense: Population) -> Float[np.ndarray, " examples"]:
    """-(n_1 - n_2) / K."""
    votes = (dense.predictions[:, :, None] == np.arange(dense.num_classes)).sum(axis=0)
    top = np.sort(votes, axis=1)[:, -2:]
    return -(top[:, -1] - (top[:, 0] if top.shape[1] > 1 else 0)) / len(dense.predictions)


def _rows(split: _Split, beside: _Split | None, one: str, other: str, pairs: Pairs) -> Iterator[dict[str, str | float]]:
    """Every cell of one regime with every cell of another, none twice."""
    strata = _strata(split, one, other)
    for kind in _KINDS:
        sets = {
            cell: PieSets.of(split.sets(cell, kind, pairs), strata)
            for cell in split.references
            if cell[0] in (one, other)
        }
        own = {cell: overlap(known, known, strata, pairs) for cell, known in sets.items()}
        firsts, seconds = ([cell for cell in sets if cell[0] == regime] for regime in (one, other))
        for position, cell in enumerate(firsts):
            for against in seconds[position:] if one == other else seconds:
                found = own[cell] if cell == against else overlap(sets[cell], sets[against], strata, pairs)
                yield _row(kind, split.name, cell, against, sets[cell], sets[against], found, own[cell], own[against])
        if beside is not None and one == other:
            for cell in firsts:
                clean = PieSets.of(beside.sets(cell, kind, pairs), strata)
                itself = overlap(clean, clean, strata, pairs)
                found = overlap(sets[cell], clean, strata, pairs)
                yield _row(kind, beside.name, cell, cell, sets[cell], clean, found, own[cell], itself)


def _row(
    kind: str,
    against_split: str,
    cell: Cell,
    against: Cell,
    one: PieSets,
    other: PieSets,
    found: Overlap,
    of_one: Overlap,
    of_other: Overlap,
) -> dict[str, str | float]:
    """What is said of two cells."""
    return {
        "set": kind,
        "one_regime": cell[0],
        "one_method": cell[1],
        "one_level": cell[2],
        "against_regime": against[0],
        "against_method": against[1],
        "against_level": against[2],
        "against_split": against_split,
        "one_size": one.mean_size,
        "against_size": other.mean_size,
        **told(found, found.shared(of_one, of_other)),
    }


SPEC = MeasureSpec(
    name="overlap",
    summary="whether two cells lose the same images, beyond chance and as far as either loses them again",
    source="METHODS 12.3; Corti et al. 2022, arXiv:2207.00200",
    of="study",
    treated=True,
    splits="all",
    needs=("predictions", "tests", "predictions:clean"),
    columns=(
        ("set", "category", ""),  # pie, lost
        ("one_regime", "category", ""),
        ("one_method", "category", ""),
        ("one_level", "category", ""),
        ("against_regime", "category", ""),
        ("against_method", "category", ""),
        ("against_level", "category", ""),
        ("one_role", "category", ""),
        ("against_role", "category", ""),
        ("against_split", "category", ""),  # the split of the second cell: another only beside clean images
        ("one_size", "float64", "number"),  # images in a set, on average over populations
        ("against_size", "float64", "number"),
        ("jaccard", "float64", "share"),
        ("jaccard_low", "float64", "share"),
        ("jaccard_high", "float64", "share"),
        ("lift", "float64", "times"),
        ("lift_low", "float64", "times"),
        ("lift_high", "float64", "times"),
        ("lift_within", "float64", "times"),  # within tenths of the images by the dense vote margin
        ("lift_within_low", "float64", "times"),
        ("lift_within_high", "float64", "times"),
        ("shared", "float64", "number"),  # 1: as much as a cell with itself; 0: no more than chance within strata
        ("shared_low", "float64", "number"),
        ("shared_high", "float64", "number"),
        ("population", "float64", "count"),  # networks in each population
        ("examples", "int64", "count"),
    ),
    key=(
        "set",
        "one_regime",
        "one_method",
        "one_level",
        "against_regime",
        "against_method",
        "against_level",
        "against_split",
    ),
    resources={"mem_mb": 8000, "runtime": 60},
    Options=Options,
    measure=measure,
)
