"""Every file of report/tables keeps its promises, the moment it exists."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from lethe.compare.traits import REFERENCE
from lethe.core import registry
from lethe.core.errors import EmptyReport
from lethe.core.splits import is_corrupted
from lethe.report.spec import LAST
from lethe.report.table import is_number, read_tables, readable, save_table, table_units, unit_of
from lethe.store.schema import UNITS
from support.archive import archive, frames

STUDIES = {
    "one level, one method": archive(regimes=["supervised"], methods=["random"]),
    "corrupted images": archive(methods=["magnitude_global"], splits=["test", "test@contrast-3"]),
    "every family": archive(),
}
# Which frame names the rows that a table must have, and by which columns; all cells of `shares` for most.
COVERS = {
    "gallery": ("shares", ["regime", "method", "split"]),
    "cost": ("cost", ["regime", "method", "level"]),
    "latency": ("latency", ["regime", "method", "level", "batch"]),
    "probes": ("seeds", ["regime"]),
    "generalisation": ("generalisation", ["regime", "twin"]),
    "recall_distortion": ("recalls", ["regime", "method", "level", "split"]),
    "learning_curves": ("curves", ["regime", "split", "epoch"]),
}


@cache
def given(study: str) -> dict[str, pd.DataFrame]:
    return frames(STUDIES[study])


@cache
def built(study: str, name: str) -> pd.DataFrame:
    """A table that tests look at and leave as it is."""
    return registry.load(registry.TABLES, name).build(given(study))


every_table = pytest.mark.parametrize("name", registry.names(registry.TABLES))
every_study = pytest.mark.parametrize("study", STUDIES)
# Tables whose rows are no cells: pairs of methods or regimes, measures, groups; and those that may well have no row.
NOT_OF_CELLS = ("contrasts", "class_contrasts", "regimes", "difficulty", "planted", "groups", "overlap", "explanation")
NOT_OF_CELLS += ("odds_ratios", "transfer", "sensitivity", "class_changes", "class_agreement")
MAY_BE_EMPTY = ("planted", "overlap", "explanation", "odds_ratios", "transfer", "sensitivity")
# Tables that show the cells from which nothing was removed.
WITH_REFERENCES = ("accuracy", "pies")


@every_table
def test_has_literal_words(name: str) -> None:
    for field in ("title", "caption"):
        assert registry.literal(registry.TABLES, name, field)
    assert registry.literal(registry.TABLES, name, "name") == name
    assert registry.literal(registry.TABLES, name, "reads")


@pytest.mark.slow
@every_study
@every_table
def test_every_cell_or_group_is_there(name: str, study: str) -> None:
    table = built(study, name)
    kind, keys = COVERS.get(name, ("shares", ["regime", "method", "level", "split"]))
    # Pairs of methods or regimes: none where a study has no two to compare.
    if name not in NOT_OF_CELLS:
        rows = given(study)[kind]
        if name not in WITH_REFERENCES and "role" in rows:
            rows = rows[rows["role"] != REFERENCE]
        cells = rows[keys].drop_duplicates()
        if name == "corruptions":
            cells = cells[cells["split"].map(is_corrupted)]
        assert table[keys].drop_duplicates().values.tolist() == cells.values.tolist()
    assert len(table) == len(table.drop_duplicates())
    assert not table.columns.duplicated().any()


@pytest.mark.slow
@pytest.mark.parametrize("study", ["every family", "corrupted images"])
@every_table
def test_reads_no_more_than_it_says_and_leaves_it_as_it_is(name: str, study: str) -> None:
    spec = registry.load(registry.TABLES, name)
    read = {kind: given(study)[kind] for kind in spec.reads}
    before = {kind: frame.copy(deep=True) for kind, frame in read.items()}
    pd.testing.assert_frame_equal(spec.build(read), built(study, name))
    for kind, frame in read.items():
        pd.testing.assert_frame_equal(frame, before[kind])


@every_table
def test_empty_input_is_a_named_error(name: str) -> None:
    build = registry.load(registry.TABLES, name).build
    with pytest.raises(EmptyReport, match="give at least one"):
        build({})
    nothing = {kind: frame.iloc[:0] for kind, frame in given("every family").items()}
    if name in MAY_BE_EMPTY:
        assert build(nothing).empty and list(build(nothing)) == list(build(given("every family")))
        return
    with pytest.raises(EmptyReport, match="give at least one"):
        build(nothing)


@pytest.mark.slow
@every_study
@every_table
def test_files_are_the_same_bytes_and_read_back(name: str, study: str, tmp_path: Path) -> None:
    spec = registry.load(registry.TABLES, name)
    table = built(study, name)
    written = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        paths = {end: folder / f"{name}.{end}" for end in ("csv", "parquet", "tex")}
        save_table(spec, spec.build(given(study)), **paths)
        written.append([path.read_bytes() for path in paths.values()])
    assert written[0] == written[1]
    pd.testing.assert_frame_equal(read_tables([paths["parquet"]])[name], table, check_dtype=False)
    from_csv = pd.read_csv(paths["csv"], dtype={"level": str})
    for column in table.select_dtypes("float"):
        pd.testing.assert_series_equal(from_csv[column], table[column], check_exact=True, check_dtype=False)


@pytest.mark.slow
@every_study
@every_table
def test_readers_see_every_column(name: str, study: str) -> None:
    """Ends, ratios, kinds and constants move beside others; nothing else disappears, and no 'nan' is printed."""
    spec, table = registry.load(registry.TABLES, name), built(study, name)
    columns = readable(spec, table, table_units(name))
    beside = {column for column in table if str(column).endswith(("_low", "_high", "_ratio"))}
    beside |= {column for column in ("level_kind", "plugin", *spec.hidden) if column in table}
    beside |= {column for column in spec.said_once if column in table and table[column].nunique() == 1}
    beside |= {column for column in table.select_dtypes(["object", "str"]) if len(table) and not table[column].any()}
    assert len(columns) == len(table.columns) - len(beside)
    assert not any("nan" in text.lower() or "<NA>" in text for column in columns for text in column.texts)
    assert all(len(column.texts) == len(column.keys) == len(table) for column in columns)


@pytest.mark.parametrize("study", ["every family", "corrupted images"])
@every_table
def test_every_number_has_a_unit_and_every_unit_a_column(name: str, study: str) -> None:
    spec, table, units = registry.load(registry.TABLES, name), built(study, name), table_units(name)
    for column in table:
        if is_number(table[column]):
            assert unit_of(column, units) in UNITS
    assert set(spec.units) <= set(table) and set(spec.hidden) <= set(table)


@every_table
def test_states_what_a_row_is_and_where_it_stands(name: str) -> None:
    assert registry.literal(registry.TABLES, name, "order", default=LAST) > 0
    assert registry.literal(registry.TABLES, name, "caption").startswith(("One row per ", "Two rows per "))
