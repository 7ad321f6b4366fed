"""Populations are read from blocks in any order; what does not fit together is refused with the reason."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lethe.core.errors import EmptyPopulation, PopulationError, SchemaError
from lethe.pies.population import Population, read_population
from lethe.store.tables import write_table
from lethe.study.results import result
from unit.pies.populations import simulated_pair

CELL = {"regime": "supervised", "method": "random", "level": "0.90", "split": "test"}


@pytest.fixture
def whole() -> Population:
    return simulated_pair(np.random.default_rng(0), num_models=4, num_examples=5)[1]


def frame(population: Population, models: list[int]) -> pd.DataFrame:
    """Rows of an evaluation, as the evaluate job writes them."""
    parts = [
        pd.DataFrame(
            {
                "seed": population.seeds[k],
                "example_id": population.example_ids,
                "label": population.labels,
                "prediction": population.predictions[k],
                "confidence": np.float32(0.5),
                "margin": population.margins[k],
                "loss": np.float32(1),
            }
        )
        for k in models
    ]
    return pd.concat(parts, ignore_index=True)


def write(path: Path, rows: pd.DataFrame, **cell: str) -> Path:
    write_table(path, rows, result("predictions").base, {"cell": {**CELL, **cell}, "classes": 4})
    return path


def test_blocks_in_any_order_form_one_population(tmp_path: Path, whole: Population) -> None:
    late = write(tmp_path / "late.parquet", frame(whole, [2, 3]))
    early = write(tmp_path / "early.parquet", frame(whole, [0, 1]))
    found = read_population([late, early])
    assert found.seeds.tolist() == [0, 1, 2, 3]
    assert found.cell == whole.cell
    for name in ("example_ids", "labels", "predictions", "margins"):
        assert np.array_equal(getattr(found, name), getattr(whole, name)), name


def test_no_evaluation_is_an_error() -> None:
    with pytest.raises(EmptyPopulation, match="0 evaluations given"):
        read_population([])


def test_an_empty_evaluation_is_an_error(tmp_path: Path, whole: Population) -> None:
    with pytest.raises(EmptyPopulation, match="no row"):
        read_population([write(tmp_path / "a.parquet", frame(whole, [0]).iloc[:0])])


def test_a_seed_given_twice_is_refused(tmp_path: Path, whole: Population) -> None:
    paths = [write(tmp_path / name, frame(whole, [0, 1])) for name in ("a.parquet", "b.parquet")]
    with pytest.raises(PopulationError, match=r"each seed is allowed once"):
        read_population(paths)


def test_blocks_of_different_cells_are_refused(tmp_path: Path, whole: Population) -> None:
    paths = [
        write(tmp_path / "a.parquet", frame(whole, [0])),
        write(tmp_path / "b.parquet", frame(whole, [1]), level="0.50"),
    ]
    with pytest.raises(PopulationError, match="different cells"):
        read_population(paths)


def test_blocks_with_different_examples_are_refused(tmp_path: Path, whole: Population) -> None:
    moved = frame(whole, [1]).assign(example_id=lambda rows: rows.example_id + 1)
    paths = [write(tmp_path / "a.parquet", frame(whole, [0])), write(tmp_path / "b.parquet", moved)]
    with pytest.raises(PopulationError, match="same examples in the same order"):
        read_population(paths)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (lambda rows: rows.iloc[:-1], "do not have the same examples"),
        (lambda rows: rows.iloc[[0, 1, 2, 3, 4, 5, 6, 7, 9, 8]], "do not have the same examples"),
        (lambda rows: rows.iloc[[0, 6, 2, 3, 4, 5, 1, 7, 8, 9]], "not sorted by seed"),
    ],
)
def test_seeds_with_different_examples_are_refused(
    tmp_path: Path, whole: Population, rows: object, message: str
) -> None:
    path = write(tmp_path / "a.parquet", rows(frame(whole, [0, 1])))
    with pytest.raises(PopulationError, match=message):
        read_population([path])


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"not parquet")
    with pytest.raises(SchemaError, match="damaged, or no file of this project"):
        read_population([path])
