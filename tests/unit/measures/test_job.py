"""One job of one measure: what it refuses, and what its file's record says."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel, ConfigDict, Field

from lethe.compare.frames import gather
from lethe.core import registry
from lethe.core.errors import ConfigError, SchemaError, UnknownName
from lethe.measures.given import Given
from lethe.measures.job import files_by_need, measure
from lethe.measures.spec import Measured, MeasureSpec
from lethe.networks.checkpoint import write_block
from lethe.store.arrays import read_header
from lethe.store.tables import read_record, write_table
from lethe.study import results
from lethe.study.grid import Cell
from lethe.study.results import result
from measure import main as measure_script
from support.measured import checkpoint_record
from support.small import small_model, toy_data

COLUMNS = (("seed", "int64", "seed"), ("share", "float64", "share"), ("spectrum", "float32[]?", "number"))
ARRAYS = (("effect", "float32", "logits"), ("spectrum", "float32[]?", "number"))
ROWS = pd.DataFrame({"seed": [0, 1], "share": [0.25, 0.5]})


class Options(BaseModel):
    """Options of the trial."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    rounds: int = Field(default=3, ge=1, description="how often")


class Trial:
    """A measure that gives what a test hands it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.of, self.writes, self.columns, self.splits = "cell", "rows", COLUMNS, "none"

    def state(self) -> None:
        """Make the trial known, as its file would."""
        stated: dict[str, Any] = {
            "of": self.of, "writes": self.writes, "columns": self.columns, "splits": self.splits,
            "key": ("seed",) if self.writes == "rows" else (), "needs": (),
        }  # fmt: skip
        literal = registry.literal

        def known(room: str, name: str, field: str, default: Any = registry.REQUIRED) -> Any:
            return stated.get(field, default) if name == "trial" else literal(room, name, field, default)

        self.monkeypatch.setattr(registry, "literal", known)
        results.result.cache_clear()

    def give(self, given: Measured | Callable[[Given, Options], Measured]) -> None:
        """What the measure returns, or how it is computed."""
        self.state()
        compute = given if callable(given) else lambda files, options: given
        spec = MeasureSpec("trial", "a trial", "test", self.of, compute, (), self.columns, Options=Options)
        load = registry.load
        self.monkeypatch.setattr(registry, "load", lambda room, name: spec if name == "trial" else load(room, name))


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    yield Trial(monkeypatch)
    results.result.cache_clear()


def test_words_are_files_by_need_in_their_order() -> None:
    found = files_by_need("probes", ["train=b.npy", "checkpoint=a", "train=b.parquet", "test=c"])
    assert found == {"checkpoint": [Path("a")], "train": [Path("b.npy"), Path("b.parquet")], "test": [Path("c")]}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["checkpoint=a", "train=b"], "measure 'probes' needs test, and no file is given; add test=PATH"),
        (
            ["images=a"],
            "'images=a' given to measure 'probes'; allowed: NEED=PATH with NEED one of checkpoint, train",
        ),
        (["train"], "'train' given to measure 'probes'; allowed: NEED=PATH"),
    ],
)
def test_files_that_do_not_fit_the_needs_are_refused_by_name(words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        files_by_need("probes", words)


@pytest.fixture
def networks(tmp_path: Path) -> Callable[..., Path]:
    """Writes networks of a cell that were never trained."""

    def write(regime: str, method: str, level: str, seeds: tuple[int, ...] = (0, 1), **record: object) -> Path:
        path = tmp_path / f"{method}{seeds[0]}.safetensors"
        states = [small_model(seed).state_dict() for seed in seeds]
        write_block(path, states, checkpoint_record(Cell(regime, method, level), seeds, **record))
        return path

    return write


@pytest.fixture
def given(networks: Callable[..., Path]) -> Given:
    return Given({"checkpoint": [networks("supervised", "random", "0.50")]}, device="cpu")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS.drop(columns="share"), r"rows \['seed'\] given, but 'trial' states \['seed', 'share', 'spectrum'\]"),
        (ROWS.assign(shares=1.0), r"rows \['seed', 'share', 'shares'\] given, but 'trial' states"),
        (pa.table({"seed": [0]}), r"rows \['seed'\] given, but 'trial' states"),
        (pa.table({"seed": [0], "share": [0.5], "more": [1]}), r"'more'\] given, but 'trial' states"),
        (ROWS.assign(share="much"), "a column does not fit its type"),
        (pa.table({"seed": [0], "share": [1]}), "column 'share' is int64, the schema says double"),
        (ROWS.assign(seed=1), r"two rows of 'trial' have \{'seed': 1\}; a measure gives each key once"),
        (pa.table({"seed": [4, 4], "share": [0.5, 0.5]}), r"two rows of 'trial' have \{'seed': 4\}"),
        (ROWS.assign(spectrum=[np.zeros(2, np.float32), np.zeros(3, np.float32)]), "a column does not fit its type"),
    ],
)
def test_rows_that_are_not_as_stated_are_refused_and_nothing_is_left(
    trial: Trial, given: Given, rows: Measured, message: str, tmp_path: Path
) -> None:
    trial.give(rows)
    with pytest.raises(SchemaError, match=message) as caught:
        measure("trial", "{}", given, tmp_path / "out" / "trial.parquet", "")
    assert str(tmp_path / "out" / "trial.parquet") in str(caught.value)
    assert not list((tmp_path).rglob("*trial*"))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, r"arrays \[\] given, but 'trial' states \['effect', 'spectrum'\]"),
        ({"effect": np.zeros(2, np.float32), "other": np.zeros(1)}, r"arrays \['effect', 'other'\] given"),
        ({"effect": np.zeros(2)}, "array 'effect' is float64, 'trial' states float32"),
    ],
)
def test_arrays_that_are_not_as_stated_are_refused(
    trial: Trial, given: Given, arrays: Measured, message: str, tmp_path: Path
) -> None:
    trial.writes, trial.columns = "arrays", ARRAYS
    trial.give(arrays)
    with pytest.raises(SchemaError, match=message):
        measure("trial", "{}", given, tmp_path / "trial.safetensors", "")
    assert not (tmp_path / "trial.safetensors").exists()


def test_arrays_are_written_with_their_record(trial: Trial, given: Given, tmp_path: Path) -> None:
    trial.writes, trial.columns = "arrays", ARRAYS
    effect = np.arange(6, dtype=np.float32).reshape(2, 3)
    for number, arrays in enumerate(({"effect": effect}, {"effect": effect, "spectrum": effect[0]})):
        trial.give(arrays)
        path = tmp_path / f"{number}.safetensors"
        measure("trial", "{}", given, path, "abc")
        (found,) = Given({"trial": [path]}).arrays("trial")  # as a measure reads them that needs this one
        assert found.keys() == arrays.keys() and np.array_equal(found["effect"], effect)
        assert read_header(path)["cell"] == {"regime": "supervised", "method": "random", "level": "0.50"}
        with pytest.raises(SchemaError, match="holds arrays, and a table shows rows; write a measure of rows"):
            gather([path], ("trial",))


def test_an_optional_column_is_there_where_it_is_given(trial: Trial, given: Given, tmp_path: Path) -> None:
    plain, listed = tmp_path / "plain", tmp_path / "listed"
    trial.give(ROWS)
    measure("trial", "{}", given, plain, "")
    trial.give(ROWS.assign(spectrum=[np.ones(2, np.float32), np.zeros(2, np.float32)]))
    measure("trial", "{}", given, listed, "")
    assert pq.read_schema(plain).names == ["seed", "share"]
    assert pq.read_schema(listed).field("spectrum").type == pa.list_(pa.float32(), 2)


def test_no_row_at_all_is_a_table_with_its_columns(trial: Trial, given: Given, tmp_path: Path) -> None:
    trial.give(ROWS.iloc[:0])
    measure("trial", "{}", given, tmp_path / "out", "")
    assert pq.read_table(tmp_path / "out").num_rows == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ('{"round": 3}', "measures.trial: unknown key 'round'; known: rounds; did you mean 'rounds'?"),
        ('{"rounds": 0}', "measures.trial: rounds: 0 given; allowed: at least 1"),
    ],
)
def test_wrong_options_are_told_with_their_measure(
    trial: Trial, given: Given, options: str, message: str, tmp_path: Path
) -> None:
    trial.give(ROWS)
    with pytest.raises(ConfigError) as caught:
        measure("trial", options, given, tmp_path / "out", "")
    assert str(caught.value) == message


def test_options_reach_the_measure_and_the_record_holds_all_of_them(trial: Trial, given: Given, tmp_path: Path) -> None:
    trial.give(lambda files, options: ROWS.assign(share=options.rounds / 10))
    for text, rounds in (("{}", 3), ('{"rounds": 7}', 7)):
        measure("trial", text, given, tmp_path / "out", "")
        assert pq.read_table(tmp_path / "out")["share"].to_pylist() == [rounds / 10] * 2
        assert read_record(tmp_path / "out")["options"] == {"rounds": rounds}


def test_the_record_is_of_the_networks_that_are_measured_not_of_those_they_are_compared_with(
    trial: Trial, networks: Callable[..., Path], tmp_path: Path
) -> None:
    dense, own = networks("early", "dense", "0", regime_plugin="supervised"), networks("early", "random", "0.50")
    trial.give(ROWS)
    for files in ({"dense": [dense], "checkpoint": [own]}, {"dense/predictions": [dense], "predictions": [own]}):
        measure("trial", "{}", Given(files), tmp_path / "out", "")
        record = read_record(tmp_path / "out")
        assert record["cell"] == {"regime": "early", "method": "random", "level": "0.50"}
        assert record["traits"]["plugin"] == "random"


def test_a_file_of_a_regime_names_no_method_and_can_be_measured_further(
    trial: Trial, networks: Callable[..., Path], tmp_path: Path
) -> None:
    files = [networks("early", "dense", "0", regime_options={"stop_after": 5}, code_version="a"),
             networks("early", "random", "0.50", (2, 3), code_version="b")]  # fmt: skip
    trial.of, trial.splits = "regime", "all"
    trial.give(ROWS)
    measure("trial", "{}", Given({"checkpoint": files}, split="test"), tmp_path / "once.parquet", "first")
    measure("trial", "{}", Given({"trial": [tmp_path / "once.parquet"]}, split="test"), tmp_path / "twice", "second")
    once, twice = read_record(tmp_path / "once.parquet"), read_record(tmp_path / "twice")
    for record in (once, twice):
        assert record["cell"] == {"regime": "early", "split": "test"} and record["seeds"] == [0, 1, 2, 3]
        assert "traits" not in record and "method" not in record
        assert (record["regime_plugin"], record["stop_after"], record["classes"]) == ("early", 5, 3)
    assert once["made_from"] == {"checkpoint": ["a", "b"]} and twice["made_from"] == {"trial": ["first"]}


def test_a_file_of_the_study_names_nothing_but_its_split(
    trial: Trial, networks: Callable[..., Path], tmp_path: Path
) -> None:
    trial.of, trial.splits = "study", "all"
    trial.give(ROWS)
    files = {"checkpoint": [networks("supervised", "dense", "0")]}
    measure("trial", "{}", Given(files, split="test"), tmp_path / "out", "")
    record = read_record(tmp_path / "out")
    assert record["cell"] == {"split": "test"} and not {"traits", "regime_plugin", "classes"} & set(record)


def test_the_script_opens_files_by_need_and_a_need_without_a_file_is_empty(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Given] = []
    monkeypatch.setattr("measure.measure", lambda name, options, given, output, code: seen.append(given))
    words = ["checkpoint=a/seeds0-1.safetensors", "train=t.npy", "train=t.parquet", "checkpoint=a/seeds2-3.safetensors"]
    words += ["test=s.npy"]
    measure_script("generalisation", words, output=tmp_path / "deep/out.parquet", block="2-4", study_seed=9)
    (given,) = seen
    assert given.files == {
        "checkpoint": [Path("a/seeds0-1.safetensors"), Path("a/seeds2-3.safetensors")],
        "train": [Path("t.npy"), Path("t.parquet")],
        "test": [Path("s.npy")],
        **{need: [] for need in ("twins", "labelled", "parts", "predictions:corrupted")},
    }
    assert given.seeds == (2, 3, 4) and given.replicate(3).study_seed == 9


def test_the_script_writes_the_file(networks: Callable[..., Path], tmp_path: Path) -> None:
    toy_data(tmp_path / "data")
    words = [f"checkpoint={networks('supervised', 'dense', '0', (4, 2))}"]
    words += [f"test={tmp_path / 'data' / file}" for file in ("test.npy", "test.parquet")]
    measure_script("cost", words, output=tmp_path / "out/cost.parquet", device="cpu", code_version="abc")
    assert pq.read_table(tmp_path / "out/cost.parquet")["seed"].to_pylist() == [2, 4]
    assert read_record(tmp_path / "out/cost.parquet")["code_version"] == "abc"


def test_the_script_refuses_a_measure_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"unknown measure 'costs'; .*did you mean 'cost'"):
        measure_script("costs", [], output=tmp_path / "out")


def test_tables_of_another_result_come_with_the_asked_columns_or_with_all_that_every_file_has(tmp_path: Path) -> None:
    kind = result("shares")
    numbers = {name: [0.25] for name in kind.base.names if name != "quantity"}
    rows = pd.DataFrame({"quantity": ["pie_share"], **numbers})
    write_table(tmp_path / "shares.parquet", rows, kind.base, {})
    given = Given({"dense/shares:clean": [tmp_path / "shares.parquet"], "shares": []})
    (found,) = given.tables("dense/shares:clean")
    pd.testing.assert_frame_equal(found, rows, check_dtype=False)
    assert given.tables("dense/shares:clean", ["low"])[0].columns.tolist() == ["low"]
    assert given.tables("shares") == []


def test_draws_belong_to_the_study_or_to_a_seed() -> None:
    one, other = (Given({}, study_seed=seed, block="0-1") for seed in (0, 1))
    assert one.generator("halves").random() == Given({}).generator("halves").random()
    assert one.generator("halves").random() != other.generator("halves").random()
    assert one.seeds == (0, 1) and Given({}).seeds == ()


def test_architecture_is_for_images_like_the_training_images(tmp_path: Path) -> None:
    toy_data(tmp_path, classes=4)
    model = json.dumps({"name": "resnet", "options": {"width": 4}})
    found = Given({"train": [tmp_path / "train.npy", tmp_path / "train.parquet"]}, model=model).architecture()
    assert (found.name, found.options, found.channels, found.classes) == ("resnet", {"width": 4}, 1, 4)
