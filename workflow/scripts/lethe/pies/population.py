"""A population: the predictions of all seeds of one cell on one split, read from the evaluations of its blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from lethe.core.errors import EmptyPopulation, PopulationError
from lethe.store.tables import read_record, read_table
from lethe.study.results import result

_COLUMNS = ["seed", "example_id", "label", "prediction", "margin"]


@dataclass(frozen=True)
class EvaluatedCell:
    """Which networks, evaluated on which split."""

    regime: str
    method: str
    level: str
    split: str


@dataclass(frozen=True)
class Population:
    """Predictions of all seeds of one cell, seeds in ascending order.

    Attributes:
        margins: logit of the label minus the largest other logit.
        num_classes: classes that the networks tell apart, whether they occur here or not.
    """

    cell: EvaluatedCell
    seeds: Int[np.ndarray, " models"]
    example_ids: Int[np.ndarray, " examples"]
    labels: Int[np.ndarray, " examples"]
    predictions: Int[np.ndarray, "models examples"]
    margins: Float[np.ndarray, "models examples"]
    num_classes: int

    @property
    def is_right(self) -> Bool[np.ndarray, "models examples"]:
        """Whether a prediction is the label."""
        return self.predictions == self.labels


def read_population(paths: Sequence[Path]) -> Population:
    """The population of a cell from the evaluations of all its blocks, in any order.

    Raises:
        EmptyPopulation: no path, or no row.
        PopulationError: the blocks are not of one cell, share a seed, or differ in their examples.
        SchemaError: a file is not an evaluation.
    """
    if not paths:
        raise EmptyPopulation("0 evaluations given, at least 1 is needed to form a population")
    blocks = [_read_block(path) for path in paths]
    for path, block in zip(paths[1:], blocks[1:], strict=True):
        _require_same_cell(blocks[0], block, f"{paths[0]} and {path}")
    seeds = np.concatenate([block.seeds for block in blocks])
    if len(np.unique(seeds)) < len(seeds):
        listed = ", ".join(str(path) for path in paths)
        raise PopulationError(f"seeds {seeds.tolist()} given by {listed}; each seed is allowed once")
    order = seeds.argsort()
    return Population(
        cell=blocks[0].cell,
        seeds=seeds[order],
        example_ids=blocks[0].example_ids,
        labels=blocks[0].labels,
        predictions=np.concatenate([block.predictions for block in blocks])[order],
        margins=np.concatenate([block.margins for block in blocks])[order],
        num_classes=blocks[0].num_classes,
    )


def require_pair(dense: Population, compressed: Population) -> None:
    """Refuse two populations that cannot be compared seed by seed and example by example.

    Raises: EmptyPopulation: no model. PopulationError: seeds, examples, labels, regime or split differ.
    """
    if len(dense.seeds) == 0:
        raise EmptyPopulation("0 models given, at least 1 is needed to find PIEs; check the list of evaluations")
    if not np.array_equal(dense.seeds, compressed.seeds):
        raise PopulationError(
            f"dense seeds {dense.seeds.tolist()} and compressed seeds {compressed.seeds.tolist()} given; "
            "both populations must have the same seeds: evaluate the missing blocks"
        )
    for name in ("regime", "split"):
        given = getattr(dense.cell, name), getattr(compressed.cell, name)
        if given[0] != given[1]:
            raise PopulationError(
                f"dense {name} '{given[0]}' and compressed {name} '{given[1]}' given; they must agree"
            )
    _require_same_examples(dense, compressed, "the dense and the compressed population")


def _read_block(path: Path) -> Population:
    """The predictions of one block, one row per seed, refused where its rows are out of order."""
    record = read_record(path)
    frame = read_table(path, result("predictions").base, _COLUMNS)
    if frame.empty:
        raise EmptyPopulation(f"{path} has no row; delete it and run again")
    columns = {name: frame[name].to_numpy() for name in _COLUMNS}
    seeds, first_rows = np.unique(columns["seed"], return_index=True)
    num_examples, rest = divmod(len(frame), len(seeds))
    shape = (len(seeds), num_examples)
    rows = {name: values.reshape(shape) for name, values in columns.items()} if rest == 0 else None
    if rows is None or any((rows[name] != rows[name][0]).any() for name in ("example_id", "label")):
        raise PopulationError(f"{path}: its {len(seeds)} seeds do not have the same examples in the same order")
    if (rows["seed"] != rows["seed"][:, :1]).any():
        raise PopulationError(f"{path}: rows are not sorted by seed; delete it and run again")
    return Population(
        cell=EvaluatedCell(**record["cell"]),
        seeds=columns["seed"][np.sort(first_rows)],
        example_ids=rows["example_id"][0],
        labels=rows["label"][0],
        predictions=rows["prediction"],
        margins=rows["margin"],
        num_classes=record["classes"],
    )


def _require_same_cell(one: Population, other: Population, which: str) -> None:
    """Refuse blocks that are not of one cell on one split."""
    if (one.cell, one.num_classes) != (other.cell, other.num_classes):
        raise PopulationError(
            f"{which} are of different cells: {one.cell} and {other.cell}; give the blocks of one cell"
        )
    _require_same_examples(one, other, which)


def _require_same_examples(one: Population, other: Population, which: str) -> None:
    """Refuse populations whose columns are not the same examples."""
    if not np.array_equal(one.example_ids, other.example_ids):
        raise PopulationError(f"{which} do not have the same examples in the same order; evaluate both again")
    if not np.array_equal(one.labels, other.labels):
        raise PopulationError(f"{which} do not give their examples the same labels; evaluate both again")
