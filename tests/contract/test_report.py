"""Every file of report/tables keeps its promises, the moment it exists."""

from pathlib import Path

import pandas as pd
import pytest

from lethe.core import registry
from lethe.core.errors import EmptyReport
from lethe.report.readable import readable
from lethe.report.table_files import read_tables, save_table
from unit.report.synthetic_cells import Made, frames

ROOM = "report/tables"
MADE = {
    "one study": Made(levels=(("magnitude_global", ("0.50", "0.80", "0.95")), ("random", ("0.20",))), examples=120),
    "one level, one method": Made(levels=(("random", ("0.20",)),), examples=60, seeds=4),
    "two regimes, two splits": Made(
        regimes=("supervised", "simclr"), splits=("test", "train"), levels=(("bits", ("8", "4")),), examples=60, seeds=4
    ),
    "every family": Made(
        levels=(
            *((m, ("0.30", "0.70")) for m in ("fold", "fold_random", "fold_raw", "l1_raw", "gmp", "small_dense")),
            *(("bits", ("8",)), ("random", ("0.90",))),
        ),
        examples=40,
        seeds=4,
    ),
}
# Which frame names the rows that a table must have, and by which columns; all cells of `shares` for most.
COVERS = {
    "gallery": ("shares", ["regime", "method", "split"]),
    "cost": ("cost", ["regime", "method", "level"]),
    "latency": ("latency", ["regime", "method", "level", "batch"]),
}


@pytest.fixture(scope="module", params=list(MADE))
def given(request: pytest.FixtureRequest) -> dict[str, pd.DataFrame]:
    return frames(MADE[request.param])


@pytest.mark.parametrize("name", registry.names(ROOM))
def test_has_literal_words(name: str) -> None:
    for field in ("title", "caption"):
        assert registry.literal(ROOM, name, field)
    assert registry.literal(ROOM, name, "name") == name
    assert registry.literal(ROOM, name, "reads")


@pytest.mark.parametrize("name", registry.names(ROOM))
def test_every_cell_or_group_is_there_and_inputs_stay(name: str, given: dict[str, pd.DataFrame]) -> None:
    before = {kind: frame.copy(deep=True) for kind, frame in given.items()}
    table = registry.load(ROOM, name).build(given)
    for kind, frame in given.items():
        pd.testing.assert_frame_equal(frame, before[kind])
    kind, keys = COVERS.get(name, ("shares", ["regime", "method", "level", "split"]))
    if name != "contrasts":  # pairs of methods: none where a study has no two that remove the same share
        assert table[keys].drop_duplicates().values.tolist() == given[kind][keys].drop_duplicates().values.tolist()
    assert len(table) == len(table.drop_duplicates())
    assert not table.columns.duplicated().any()


@pytest.mark.parametrize("name", registry.names(ROOM))
def test_reads_no_more_than_it_says(name: str, given: dict[str, pd.DataFrame]) -> None:
    spec = registry.load(ROOM, name)
    pd.testing.assert_frame_equal(spec.build({kind: given[kind] for kind in spec.reads}), spec.build(given))


@pytest.mark.parametrize("name", registry.names(ROOM))
def test_empty_input_is_a_named_error(name: str, given: dict[str, pd.DataFrame]) -> None:
    build = registry.load(ROOM, name).build
    with pytest.raises(EmptyReport, match="give at least one"):
        build({})
    with pytest.raises(EmptyReport, match="give at least one"):
        build({kind: frame.iloc[:0] for kind, frame in given.items()})


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names(ROOM))
def test_files_are_the_same_bytes_and_read_back(name: str, given: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    spec = registry.load(ROOM, name)
    table = spec.build(given)
    written = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        paths = {end: folder / f"{name}.{end}" for end in ("csv", "parquet", "tex")}
        save_table(spec, spec.build(given), **paths)
        written.append([path.read_bytes() for path in paths.values()])
    assert written[0] == written[1]
    pd.testing.assert_frame_equal(read_tables([paths["parquet"]])[name], table, check_dtype=False)
    from_csv = pd.read_csv(paths["csv"], dtype={"level": str})
    for column in table.select_dtypes("float"):
        pd.testing.assert_series_equal(from_csv[column], table[column], check_exact=True, check_dtype=False)


@pytest.mark.parametrize("name", registry.names(ROOM))
def test_readers_see_every_column(name: str, given: dict[str, pd.DataFrame]) -> None:
    """Ends, ratios, kinds and constants move beside others; nothing else disappears, and no 'nan' is printed."""
    table = registry.load(ROOM, name).build(given)
    columns = readable(table)
    beside = [column for column in table if str(column).endswith(("_low", "_high", "_ratio"))]
    beside += [column for column in ("level_kind", "plugin") if column in table]
    said_once = ("regime", "split", "treatment", "threads", "rounds", "device")
    beside += [column for column in said_once if column in table and table[column].nunique() == 1]
    beside += ["note"] if "note" in table and not table["note"].any() else []
    assert len(columns) == len(table.columns) - len(beside)
    assert not any("nan" in text.lower() or "<NA>" in text for column in columns for text in column.texts)
    assert all(len(column.texts) == len(column.keys) == len(table) for column in columns)
