"""What every file in measures/results promises: its literals, its columns, and values that depend on nothing else."""

import shutil
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lethe.compare.frames import gather, result_of
from lethe.core import registry
from lethe.core.errors import LetheError
from lethe.measures.spec import MeasureSpec
from lethe.store.arrays import read_header
from lethe.store.schema import units_of
from lethe.store.tables import read_record
from lethe.study.results import known_results, result
from support.measured import SmallStudy, read_result
from support.near import assert_near

NAMES = registry.names(registry.MEASURES)
WORDS = {"checkpoint", "dense", "twins", "trajectories", "snapshots", "train", "test", "split", "attributes"}
WORDS |= {"labelled", "parts", "model"}
# Nothing is planted here, and networks that were never trained lose nothing.
MAY_BE_EMPTY = ("explanation", "planted")
# Columns of such units are measured with a clock: they differ from run to run.
TIMED = ("milliseconds", "times")
over_measures = pytest.mark.parametrize("name", NAMES)
# Those that take the measure: timing every batch in many rounds takes seconds.
over_runs = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "latency" else ()) for name in NAMES]
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> SmallStudy:
    """A study whose files are made once for all measures."""
    return SmallStudy(tmp_path_factory.mktemp("study"))


@pytest.fixture
def copy(study: SmallStudy, tmp_path: Path) -> Iterator[SmallStudy]:
    """The study as far as it is made, to change."""
    shutil.copytree(study.folder, tmp_path / "study")
    yield SmallStudy(tmp_path / "study")


def untimed(name: str, values: pd.DataFrame | dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Columns, or arrays, that are the same in every run; rows in the order of their keys."""
    if isinstance(values, dict):
        return values
    kind = result(name)
    units = units_of(kind.schema(**{column: 1 for column, _, _ in kind.optional}))
    rows = values.sort_values(list(kind.key), ignore_index=True) if len(values) else values
    kept = [column for column in rows if units.get(column) not in TIMED]
    return {column: np.array(rows[column].to_list()) for column in kept}


def assert_equal(name: str, one: pd.DataFrame | dict, other: pd.DataFrame | dict) -> None:
    """Equal but for the order in which numbers were added up."""
    first, second = untimed(name, one), untimed(name, other)
    assert first.keys() == second.keys()
    for column, values in first.items():
        if values.dtype.kind == "f":
            assert_near(second[column], values, rtol=1e-4, atol=1e-5, equal_nan=True, about=column)
        else:
            np.testing.assert_array_equal(second[column], values, err_msg=column)


@over_measures
def test_what_it_states_is_read_without_importing_it(name: str) -> None:
    spec: MeasureSpec = registry.load(registry.MEASURES, name)
    for stated in fields(MeasureSpec):
        if stated.name in ("Options", "measure"):
            continue
        default = {} if stated.default_factory is not MISSING else stated.default
        assert getattr(spec, stated.name) == registry.literal(
            registry.MEASURES, name, stated.name, default=registry.REQUIRED if default is MISSING else default
        )
    assert spec.summary and spec.source and not spec.summary.endswith(".")
    assert spec.measure.__module__.endswith(f".{name}") and spec.measure.__doc__
    assert __import__(spec.measure.__module__, fromlist=["SPEC"]).__doc__


@over_measures
def test_its_columns_have_units_and_its_key_is_among_them(name: str) -> None:
    kind = result(name)
    whole = kind.schema(**{column: 1 for column, _, _ in kind.optional})
    assert len(set(whole.names)) == len(whole.names) and not set(whole.names) & {"regime", "method", "level", "split"}
    assert set(kind.key) <= set(kind.base.names)
    assert bool(kind.key) == (kind.writes == "rows")
    for column in kind.base:
        is_number = str(column.type).startswith(("int", "float", "double"))
        assert (column.name in units_of(kind.base)) == (is_number and kind.writes == "rows"), column.name
    assert set(units_of(kind.recorded)) == set(kind.recorded.names) and not set(kind.recorded.names) & set(whole.names)
    assert all(str(column.type) == "double" for column in kind.recorded)
    assert len(kind.recorded) == 0 or kind.writes == "rows"


@over_measures
def test_what_it_needs_and_asks_for_is_known(name: str) -> None:
    spec: MeasureSpec = registry.load(registry.MEASURES, name)
    results = {need.rpartition("/")[2] for need in spec.needs} - WORDS
    assert {need.rpartition("/")[0] for need in spec.needs} <= {"", "dense", "reference"}
    for need in results:
        wanted, _, which = need.partition(":")
        assert wanted in known_results() and wanted != name and which in ("", "clean", "corrupted")
    assert ("split" in spec.needs) <= (spec.splits != "none")
    assert spec.difficulties in ("", "population", "network")
    assert spec.blocks in ("all", "first") and (spec.blocks == "all" or spec.of == "cell")
    assert set(spec.resources) <= {"mem_mb", "runtime", "gpu"} and spec.resources.get("gpu") in (None, 1)


@over_measures
def test_its_options_say_what_they_are_and_no_other_is_allowed(name: str) -> None:
    options = registry.load(registry.MEASURES, name).Options
    assert options.model_config["extra"] == "forbid" and options.model_config["frozen"]
    options()  # a study need not say anything
    for option, field in options.model_fields.items():
        assert field.description, option


@pytest.mark.slow
@over_runs
def test_every_file_says_what_it_is_of_and_what_made_it(name: str, study: SmallStudy) -> None:
    kind = result(name)
    for about in study.about(kind):
        path = study.taken(name, about)
        record = read_header(path) if kind.writes == "arrays" else read_record(path)
        assert record["result"] == name and record["code_version"] == "measure"
        assert record["cell"] == {word: about[word] for word in kind.names}
        assert record["options"] == registry.load(registry.MEASURES, name).Options().model_dump(mode="json")
        given = {need for need, files in study.given(name, about).files.items() if files}
        assert set(record["made_from"]) == given
        assert record["made_from"].get("checkpoint", ["networks"]) == ["networks"]
        assert ("traits" in record) == ("method" in kind.names)
        assert all(isinstance(record[column], float) for column in kind.recorded.names)


@pytest.mark.slow
@over_runs
def test_a_key_tells_all_its_rows_apart_and_the_report_reads_them(name: str, study: SmallStudy) -> None:
    kind = result(name)
    if kind.writes == "arrays":
        return
    about = study.about(kind)
    taken = [study.taken(name, which) for which in about]
    rows = gather(taken, [name])[name]
    assert {result_of(path) for path in taken} == {name}
    assert len(rows) == sum(len(read_result(path, kind)) for path in taken)
    assert len(rows) > 0 or name in MAY_BE_EMPTY
    assert not rows.duplicated([*kind.names, *kind.key]).any()
    for word in kind.names:
        assert set(rows[word]) == {which[word] for which in about} or rows.empty
    for column in kind.recorded.names:
        assert rows[column].notna().all() and rows.groupby([*kind.names])[column].nunique().eq(1).all()


@pytest.mark.slow
@over_runs
def test_the_same_seeds_give_the_same_bytes(name: str, study: SmallStudy, tmp_path: Path) -> None:
    kind = result(name)
    about = study.about(kind)[-1]
    one, other = study.taken(name, about), study.take(name, about, tmp_path / "other")
    if set(units_of(kind.base).values()) & set(TIMED):
        assert_equal(name, read_result(one, kind), read_result(other, kind))
    else:
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.slow
@over_runs
def test_the_order_in_which_images_are_stored_is_irrelevant(name: str, copy: SmallStudy) -> None:
    """Of images that are measured; the order of training images is part of a training."""
    kind = result(name)
    about = copy.about(kind)[-1]
    before = read_result(copy.taken(name, about), kind)
    for split in copy.grid.splits:
        copy.rearrange(split, np.random.default_rng(0).permutation(12))
    assert_equal(name, before, read_result(copy.taken(name, about), kind))


@pytest.mark.slow
@over_runs
def test_a_single_image_is_measured_or_refused_in_a_sentence(name: str, copy: SmallStudy) -> None:
    for split in copy.grid.splits:
        copy.rearrange(split, [0])
    copes_or_says_why(name, copy)


@pytest.mark.slow
@over_runs
def test_where_there_is_no_file_of_a_need_it_copes_or_says_why(name: str, tmp_path: Path) -> None:
    """Twins and corrupted images are there only where a study asks for them."""
    copes_or_says_why(name, SmallStudy(tmp_path, generalisation={}, evaluation={"splits": ["test"]}))


@pytest.mark.slow
@over_runs
def test_a_single_seed_is_measured_or_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    copes_or_says_why(name, SmallStudy(tmp_path, seeds={"count": 2, "block": 1}))


def copes_or_says_why(name: str, study: SmallStudy) -> None:
    about = study.about(result(name))[-1]
    try:
        study.take(name, about)
    except LetheError as error:
        assert str(error) and "\n" not in str(error)
