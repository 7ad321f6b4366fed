"""Which tables and figures a study's report has, and which files each is built from."""

from typing import Any

import pytest

from lethe.core import registry
from lethe.report import contents
from lethe.study.config import read_study
from lethe.study.grid import Grid


def grid(**changes: Any) -> Grid:
    """A study of two blocks that measures everything, but for the changes."""
    values = {
        "study": "trial",
        "dataset": {"name": "toy"},
        "model": {"name": "resnet"},
        "seeds": {"count": 4, "block": 2},
        "regimes": {"supervised": {}},
        "compression": {"random": {"levels": [0.5]}},
        "evaluation": {"splits": ["test", "test@fog-2"]},
        "generalisation": {"train_sizes": [20]},
    }
    return Grid(read_study({**values, **changes}, where="trial.yaml"))


def test_a_study_that_asks_for_everything_has_every_table_and_figure() -> None:
    everything = grid(measures=dict.fromkeys(registry.names(registry.MEASURES), True))
    assert contents.tables_of(everything) == list(registry.names(registry.TABLES))
    assert contents.figures_of(everything) == list(registry.names(registry.FIGURES))


@pytest.mark.parametrize(
    ("changes", "tables", "figures"),
    [
        ({"measures": {"latency": False}}, {"latency"}, {"latency"}),
        ({"measures": {"probes": False}}, {"probes"}, {"probes"}),
        ({"evaluation": {"splits": ["test"]}}, {"corruptions"}, {"corruptions"}),
        ({"generalisation": {}}, set(), {"training_size"}),
    ],
)
def test_what_a_study_leaves_out_is_not_in_its_report(
    changes: dict[str, Any], tables: set[str], figures: set[str]
) -> None:
    smaller = grid(**changes)
    assert set(contents.tables_of(grid())) - set(contents.tables_of(smaller)) == tables
    assert set(contents.figures_of(grid())) - set(contents.figures_of(smaller)) == figures


def test_a_table_is_built_from_the_cells_that_its_kind_has() -> None:
    assert contents.files_of(grid(), "gallery")[0] == "results/trial/pies/supervised/random/0.50/test.parquet"
    cost = [path for path in contents.files_of(grid(), "cost") if "/cost/" in path]
    assert cost == [f"results/trial/measures/cost/supervised/{cell}.parquet" for cell in ("dense/0", "random/0.50")]
    probes = contents.files_of(grid(), "probes")
    assert "results/trial/measures/pixels/pixels.parquet" in probes
    assert "results/trial/measures/untrained/seeds2-3.parquet" in probes


def test_only_a_table_that_asks_for_them_reads_corrupted_splits() -> None:
    study = grid(measures={"overlap": True})
    reading = {name for name in contents.tables_of(study) if any("@" in p for p in contents.files_of(study, name))}
    asking = {name for name in registry.names(registry.TABLES) if contents._splits(name) != "ordinary"}
    assert reading == asking and {"corruptions", "overlap"} <= reading


def test_images_are_given_to_the_figures_that_show_some() -> None:
    assert contents.images_of(grid()) == ["results/trial/data/test.npy"]
    assert contents.examples_of(grid()) == ["results/trial/data/test.parquet"]


def test_the_page_is_decided_by_files_that_exist() -> None:
    assert all((registry.LIBRARY.parent / file).is_file() for file in contents.page_files())
    assert {"lethe/report/page.py", "lethe/report/page.js"} <= set(contents.page_files())
    assert {"lethe/report/sentences/study.py", "lethe/report/tables/pies.py"} <= set(contents.page_files())
