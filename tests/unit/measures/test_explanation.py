"""What the explanation of losses reads: difficulties of dense networks, and of compressed ones the losses alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from lethe.measures.explaining import Explained
from lethe.store.tables import read_record, read_table, write_table
from lethe.study.needs import needed_files
from lethe.study.results import result
from support.measured import SmallStudy, read_result

ON_TEST = {"split": "test"}


def explained(study: SmallStudy, monkeypatch: pytest.MonkeyPatch) -> dict[str, Explained]:
    """What the models of every cell are given."""
    seen: dict[str, Explained] = {}

    def keep(cell: Explained, others: Sequence[tuple[str, Explained]], generator: np.random.Generator) -> list[object]:
        seen[str(len(seen))] = cell
        return []

    monkeypatch.setattr("lethe.measures.results.explanation.explain", keep)
    study.take("explanation", ON_TEST)
    return seen


def poison(study: SmallStudy) -> None:
    """Everything that compressed networks said becomes something else, and what is made from it is forgotten."""
    form = result("predictions")
    for file in study.folder.glob("results/trial/evaluations/*/random/0.50/test/*.parquet"):
        table, record = read_table(file, form.base), read_record(file)
        generator = np.random.default_rng(len(str(file)))
        table["prediction"] = (table["label"] + 1 + generator.integers(0, 2, len(table))) % record["classes"]
        for name in ("confidence", "margin", "loss"):
            table[name] = generator.normal(size=len(table)).astype(np.float32)
        write_table(
            file, table, form.base, {k: v for k, v in record.items() if k not in ("schema_version", "packages")}
        )
    for folder in ("pies", "measures/difficulty", "measures/inspection"):
        for file in study.folder.glob(f"results/trial/{folder}/**/*.parquet"):
            file.unlink()


def test_poisoned_compressed_networks_change_no_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = SmallStudy(tmp_path)
    before = explained(study, monkeypatch)
    assert any(len(cell.names) > 5 for cell in before.values())
    poison(study)
    after = explained(study, monkeypatch)
    assert before.keys() == after.keys()
    for key, cell in before.items():
        assert cell.names == after[key].names
        assert cell.variables.tobytes() == after[key].variables.tobytes()
    assert any(cell.target.lost.tolist() != after[key].target.lost.tolist() for key, cell in before.items())


@pytest.mark.parametrize("name", ["difficulty", "inspection"])
def test_difficulties_are_given_files_of_dense_networks_alone(name: str, tmp_path: Path) -> None:
    grid = SmallStudy(tmp_path).grid
    about = {"regime": "supervised", "method": "dense", "level": "0", "split": "test", "block": grid.blocks[0]}
    files = [path for found in needed_files(name, grid, about).values() for path in found.paths]
    assert files and not [path for path in files if "/random/" in path or "/treated" in path]


def test_nothing_is_explained_where_nothing_is_lost(tmp_path: Path) -> None:
    study = SmallStudy(tmp_path)
    study.taken(
        "predictions", {"regime": "supervised", "method": "dense", "level": "0", "split": "test", "block": "0-1"}
    )
    for file in study.folder.glob("results/trial/evaluations/*/*/*/test/*.parquet"):
        assert file.exists()
    path = study.take("explanation", ON_TEST)
    frame = read_result(path, result("explanation"))
    assert set(frame["about"]) <= {"score", "gain", "odds_ratio", "odds_ratio_alone", "importance", "transfer"}
