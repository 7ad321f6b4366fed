"""A finished study is read for ever: its tables, headlines and page are made from the files of an archive alone.

The archive is one small study of every family of methods, made once; `tables/` and `headlines.txt` came out with it.
"""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from lethe.compare.frames import gather
from lethe.core import registry
from lethe.report import contents
from lethe.report.examples import read_class_names
from lethe.report.table import read_tables, table_units, with_class_names
from lethe.run.report import Finished, make_report
from lethe.study.config_file import read_study_file
from lethe.study.grid import Grid

ARCHIVE = Path(__file__).parent / "study"
FINISHED = Finished(Grid(read_study_file(ARCHIVE / "study.yaml")), ARCHIVE)
TABLES = sorted(path.stem for path in ARCHIVE.glob("tables/*"))


def test_the_archive_has_every_file_that_its_report_is_made_from() -> None:
    assert len(TABLES) > 10 and set(TABLES) <= set(contents.tables_of(FINISHED.grid))
    assert FINISHED.missing() == []


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_what_it_said_when_the_study_was_made(name: str) -> None:
    spec = registry.load(registry.TABLES, name)
    built = spec.build(gather(FINISHED.located(contents.files_of(FINISHED.grid, name)), spec.reads))
    found = with_class_names(built, table_units(name), read_class_names(sorted(ARCHIVE.glob("data/*.parquet"))))
    (before,) = read_tables([ARCHIVE / f"tables/{name}.parquet"]).values()
    assert set(before) <= set(found)
    pd.testing.assert_frame_equal(found[list(before)], before, check_dtype=False, check_exact=False, rtol=1e-9)


PLANTED = ARCHIVE.with_name("planted")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in PLANTED.glob("tables/*")))
def test_a_table_of_planted_truth_says_what_it_said(name: str) -> None:
    spec = registry.load(registry.TABLES, name)
    paths = [path for read in spec.reads for path in sorted(PLANTED.glob(f"measures/{read}/**/*.parquet"))]
    if spec.splits == "ordinary":
        paths = [path for path in paths if "@" not in path.stem]
    found = spec.build(gather(paths, spec.reads))
    (before,) = read_tables([PLANTED / f"tables/{name}.parquet"]).values()
    keys = [column for column in before if before[column].dtype.kind not in "fb"]
    one, other = (table.sort_values(keys, kind="stable", ignore_index=True) for table in (found[list(before)], before))
    pd.testing.assert_frame_equal(one, other, check_dtype=False, check_exact=False, rtol=1e-9)


@pytest.mark.slow
def test_the_command_makes_tables_figures_headlines_and_page(tmp_path: Path) -> None:
    archive = shutil.copytree(ARCHIVE, tmp_path / "archive")
    shutil.rmtree(archive / "tables")
    assert str(tmp_path / "made/report.html") in make_report(archive, None, tmp_path / "made")
    said, before = (
        {part.strip() for part in (folder / "headlines.txt").read_text().removeprefix("* ").split("\n* ")}
        for folder in (tmp_path / "made", ARCHIVE)
    )
    assert before <= said
    figures = {path.stem for path in tmp_path.glob("made/figures/*.png")}
    assert figures == set(contents.figures_of(FINISHED.grid)) and len(figures) > 10
    html = (tmp_path / "made/report.html").read_text()
    for name in TABLES:
        assert registry.literal(registry.TABLES, name, "title") in html
