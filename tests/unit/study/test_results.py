"""Kinds of files: where each lies, what its columns are, read from literals without importing torch."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from lethe.core import registry
from lethe.core.code_version import SCRIPTS
from lethe.core.errors import UnknownName
from lethe.store.schema import units_of
from lethe.study.results import STAGES, Result, known_results, needed_results, result

MEASURE = """
SPEC = MeasureSpec(
    name="trial",
    of="{of}",
    splits="{splits}",
    writes="{writes}",
    needs=("checkpoint", "dense/predictions", "shares", "predictions:corrupted", "test"),
    columns=(("seed", "int64", "seed"), ("spectrum", "float32[]?", "number"), ("share", "float64", "share")),
    key=("seed",),
)
"""


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of measures with none in it; what was read of others is forgotten before and after."""
    folder = tmp_path / registry.MEASURES
    folder.mkdir(parents=True)
    monkeypatch.setattr(registry, "LIBRARY", tmp_path)
    for function in (registry.names, registry._spec_call, result):
        function.cache_clear()
    yield folder
    for function in (registry.names, registry._spec_call, result):
        function.cache_clear()


def trial(room: Path, of: str, splits: str = "none", writes: str = "rows") -> Result:
    (room / "trial.py").write_text(MEASURE.format(of=of, splits=splits, writes=writes))
    return result("trial")


@pytest.mark.parametrize(
    ("of", "splits", "expected", "names"),
    [
        ("block", "none", "{regime}/{method}/{level}/seeds{block}", ("regime", "method", "level")),
        ("block", "all", "{regime}/{method}/{level}/{split}/seeds{block}", ("regime", "method", "level", "split")),
        ("cell", "none", "{regime}/{method}/{level}", ("regime", "method", "level")),
        ("cell", "clean", "{regime}/{method}/{level}/{split}", ("regime", "method", "level", "split")),
        ("regime", "none", "{regime}", ("regime",)),
        ("regime", "all", "{regime}/{split}", ("regime", "split")),
        ("seeds", "none", "seeds{block}", ()),
        ("seeds", "all", "{split}/seeds{block}", ("split",)),
        ("study", "none", "trial", ()),
        ("study", "all", "{split}", ("split",)),
    ],
)
def test_where_a_measure_lies_follows_from_what_it_is_of(
    room: Path, of: str, splits: str, expected: str, names: tuple[str, ...]
) -> None:
    kind = trial(room, of, splits)
    assert kind.path == f"measures/trial/{expected}.parquet"
    assert (kind.of, kind.splits, kind.names) == (of, splits, names)


def test_arrays_are_safetensors(room: Path) -> None:
    assert trial(room, "study", writes="arrays").path == "measures/trial/trial.safetensors"


def test_optional_columns_are_those_that_a_file_has(room: Path) -> None:
    kind = trial(room, "cell")
    assert kind.base.names == ["seed", "share"] and kind.key == ("seed",)
    assert kind.optional == (("spectrum", "float32[]?", "number"),)
    with_it = kind.schema(spectrum=7)
    assert with_it.names == ["seed", "share", "spectrum"]
    assert with_it.field("spectrum").type == pa.list_(pa.float32(), 7)
    assert units_of(with_it) == {"seed": "seed", "share": "share", "spectrum": "number"}
    assert kind.schema().names == kind.base.names


def test_a_measure_needs_the_results_that_it_names(room: Path) -> None:
    (room / "predictions.py").write_text("SPEC = MeasureSpec()\n")
    trial(room, "cell")
    assert needed_results("trial") == ("predictions", "shares", "predictions")


def test_evaluations_keep_their_place() -> None:
    assert result("predictions").path == "evaluations/{regime}/{method}/{level}/{split}/seeds{block}.parquet"
    assert result("shares").path == "pies/{regime}/{method}/{level}/{split}.shares.parquet"


def test_stages_and_measures_have_different_names() -> None:
    assert len(set(known_results())) == len(known_results()) == len(STAGES) + len(registry.names(registry.MEASURES))


def test_paths_of_different_results_differ() -> None:
    paths = [result(name).path for name in known_results()]
    assert len(set(paths)) == len(paths)


def test_an_unknown_result_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown measure 'prediction'; known: .*did you mean 'predictions'\?"):
        result("prediction")


def test_tables_are_read_without_torch() -> None:
    program = (
        "import sys\n"
        "from lethe.study.results import known_results, result\n"
        "[result(name).schema() for name in known_results()]\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS, check=True)
