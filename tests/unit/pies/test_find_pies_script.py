"""The entry script: all tables with their record, the same bytes twice, nothing when it fails."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from find_pies import OUTPUTS, main
from lethe.core.errors import PopulationError
from lethe.pies.population import Population
from lethe.store.schema import CLASSES, EXAMPLES, EXAMPLES_WITH_PATHS, PIES
from lethe.store.tables import read_record, read_table, write_table
from lethe.study.results import result
from unit.pies.populations import Pair, simulated_pair


def write_blocks(folder: Path, population: Population, blocks: list[list[int]]) -> list[Path]:
    """Evaluations of a population, one file per block."""
    cell = {"regime": "supervised", "method": population.cell.method, "level": population.cell.level, "split": "test"}
    paths = []
    for block in blocks:
        size = len(population.labels)
        rows = pd.DataFrame(
            {
                "seed": np.repeat(block, size),
                "example_id": np.tile(population.example_ids, len(block)),
                "label": np.tile(population.labels, len(block)),
                "prediction": population.predictions[block].ravel(),
                "confidence": np.full(len(block) * size, 0.5, np.float32),
                "margin": population.margins[block].ravel(),
                "loss": np.ones(len(block) * size, np.float32),
            }
        )
        paths.append(folder / f"{population.cell.method}{block[0]}.parquet")
        write_table(paths[-1], rows, result("predictions").base, {"cell": cell, "classes": 4})
    return paths


@pytest.fixture
def pair() -> Pair:
    return simulated_pair(np.random.default_rng(0), num_models=4, num_examples=30)


def run(folder: Path, dense: list[Path], compressed: list[Path], examples: Path | None = None) -> dict[str, Path]:
    outputs = {name: folder / "out" / f"{name}.parquet" for name in OUTPUTS}
    main(tuple(outputs.values()), dense=dense, compressed=compressed, examples=examples, ties="largest", study_seed=3)
    return outputs


def test_it_writes_all_tables_with_their_record(tmp_path: Path, pair: Pair) -> None:
    dense, compressed = (write_blocks(tmp_path, p, [[0, 1], [2, 3]]) for p in pair)
    outputs = run(tmp_path, dense, compressed)
    for name in OUTPUTS:
        assert len(read_table(outputs[name], result(name).base)) > 0
        record = read_record(outputs[name])
        assert record["cell"] == {"regime": "supervised", "method": "random", "level": "0.90", "split": "test"}
        assert (record["seeds"], record["ties"]) == ([0, 1, 2, 3], "largest")
        assert (record["reference"], record["population"]) == ("dense", 1)
        assert "numpy" in record["packages"]


def test_the_same_input_gives_the_same_bytes_whatever_the_order_of_blocks(tmp_path: Path, pair: Pair) -> None:
    dense, compressed = (write_blocks(tmp_path, p, [[0, 1], [2, 3]]) for p in pair)
    first = {name: path.read_bytes() for name, path in run(tmp_path, dense, compressed).items()}
    again = {name: path.read_bytes() for name, path in run(tmp_path, dense[::-1], compressed).items()}
    assert first == again


@pytest.mark.parametrize("has_paths", [False, True])
def test_given_the_examples_it_names_classes_and_files(tmp_path: Path, pair: Pair, has_paths: bool) -> None:
    dense, compressed = (write_blocks(tmp_path, p, [[0, 1], [2, 3]]) for p in pair)
    ids, names = pair[0].example_ids, ["ant", "$bee_", "cät", "dog"]
    rows = {"example_id": ids[::-1], "label": pair[0].labels[::-1]}
    rows["class_name"] = pd.Categorical.from_codes(rows["label"], categories=names)
    rows |= {"path": [f"test/{i}.png" for i in ids[::-1]]} if has_paths else {}
    form = EXAMPLES_WITH_PATHS if has_paths else EXAMPLES
    write_table(tmp_path / "examples.parquet", pd.DataFrame(rows), form, {"class_names": names})
    plain = {name: path.read_bytes() for name, path in run(tmp_path, dense, compressed).items()}
    outputs = run(tmp_path, dense, compressed, examples=tmp_path / "examples.parquet")
    pies = read_table(outputs["pies"], PIES)
    for label, name in (("label", "class_name"), ("dense_label", "dense_class_name")):
        assert pies[name].tolist() == [names[one] for one in pies[label]]
    gathered = read_table(outputs["pies"], PIES, [*PIES.names, *result("pies").may_have])
    assert list(gathered) == [*PIES.names, *(["path"] if has_paths else [])]
    assert ("path" in pies) == has_paths
    if has_paths:
        assert pies["path"].tolist() == [f"test/{i}.png" for i in pies["example_id"]]
    classes = read_table(outputs["classes"], CLASSES)
    assert classes["class_name"].tolist() == [names[one] for one in classes["label"]]
    assert {name for name, path in outputs.items() if path.read_bytes() != plain[name]} == (
        {"pies", "classes", "recalls"} | ({"image_tests"} if has_paths else set())
    )


def test_a_missing_block_is_refused_and_writes_nothing(tmp_path: Path, pair: Pair) -> None:
    dense, compressed = (write_blocks(tmp_path, p, [[0, 1], [2, 3]]) for p in pair)
    with pytest.raises(PopulationError, match="evaluate the missing blocks"):
        run(tmp_path, dense, compressed[:1])
    assert not list((tmp_path / "out").glob("*.parquet"))
