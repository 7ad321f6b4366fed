"""The table of corruptions against plain arithmetic, and what its figure chooses to show."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lethe.compare.cells import in_order
from lethe.compare.frames import Frames
from lethe.core.errors import EmptyReport
from lethe.report import style
from lethe.report.figures import corruptions as figure
from lethe.report.tables.corruptions import SPEC
from support.archive import archive, frames
from support.near import assert_near

SEEDS = 6
CORRUPTED = "test@contrast-3"


@pytest.fixture(scope="module")
def given() -> Frames:
    """Real networks on images of one corruption, given three names and accuracies of their own."""
    found = frames(archive(regimes=["supervised"], methods=["magnitude_global", "random"], splits=["test", CORRUPTED]))
    generator = np.random.default_rng(0)
    for kind in ("seeds", "shares", "tests"):
        rows = found[kind]
        parts = [rows[rows["split"] == "test"]]
        for name in ("test@fog-1", "test@fog-4", "test@jpeg-2"):
            part = rows[rows["split"] == CORRUPTED].assign(split=name)
            if kind == "seeds":
                for accuracy in ("dense_accuracy", "compressed_accuracy"):
                    part[accuracy] -= generator.random(len(part)) / 2
            parts.append(part)
        found[kind] = in_order(pd.concat(parts, ignore_index=True))
    return found


@pytest.fixture(scope="module")
def table(given: Frames) -> pd.DataFrame:
    return SPEC.build(given)


@pytest.mark.slow
def test_changes_are_means_over_seeds_with_students_interval(given: Frames, table: pd.DataFrame) -> None:
    """The jackknife of a mean is Student's t; every population is compared with itself, seed by seed."""
    seeds = given["seeds"].set_index(["regime", "method", "level", "split", "seed"])
    assert len(table) == 9
    for row in table.itertuples():
        cell = (row.regime, row.method, row.level)
        ours, clean = seeds.loc[(*cell, row.split)], seeds.loc[(*cell, "test")]
        dense, compressed, reference = (
            ours[f"{p}_accuracy"] - clean[f"{p}_accuracy"] for p in ("dense", "compressed", "reference")
        )
        for name, values in (("dense", dense), ("compressed", compressed), ("extra", compressed - reference)):
            expected = stats.t.interval(0.95, SEEDS - 1, values.mean(), stats.sem(values))
            assert getattr(row, f"{name}_change") == pytest.approx(values.mean())
            ends = [getattr(row, f"{name}_change_{end}") for end in ("low", "high")]
            most = 2 if name == "extra" else 1  # a change of accuracy is no larger than 1
            assert_near(ends, np.clip(expected, -most, most))


def test_names_are_taken_apart_and_clean_accuracies_stand_beside(given: Frames, table: pd.DataFrame) -> None:
    assert [
        f"test@{kind}-{number}" for kind, number in zip(table["corruption"], table["severity"], strict=True)
    ] == list(table["split"])
    shares = given["shares"].set_index(["regime", "method", "level", "split", "quantity"])["estimate"]
    for row, population in itertools.product(table.itertuples(), ("dense", "compressed")):
        name = f"{population}_accuracy"
        assert getattr(row, name) == shares[row.regime, row.method, row.level, row.split, name]
        assert getattr(row, f"clean_{name}") == shares[row.regime, row.method, row.level, "test", name]


def test_a_study_without_corruptions_has_an_empty_table_and_no_figure(given: Frames, table: pd.DataFrame) -> None:
    ordinary = {kind: rows[rows["split"] == "test"] if "split" in rows else rows for kind, rows in given.items()}
    empty = SPEC.build(ordinary)
    assert empty.empty and list(empty.columns) == list(table.columns)
    with pytest.raises(EmptyReport):
        figure.build({"corruptions": empty})


def test_the_figure_shows_the_harshest_level_that_is_as_good_as_dense_on_clean_images(table: pd.DataFrame) -> None:
    lossless = table.assign(clean_compressed_accuracy=table["clean_dense_accuracy"] - 0.009)
    assert set(figure.told_cells(lossless)["level"]) == {"0.90", "0.30"}
    is_harsh = table["level"] == "0.90"
    lossy = lossless.assign(
        clean_compressed_accuracy=lossless["clean_compressed_accuracy"].where(
            ~is_harsh, table["clean_dense_accuracy"] - 0.02
        )
    )
    assert set(figure.told_cells(lossy)["level"]) == {"0.50", "0.30"}
    hopeless = table.assign(clean_compressed_accuracy=0.1)
    assert set(figure.told_cells(hopeless)["level"]) == {"0.50", "0.30"}


@pytest.mark.slow
def test_every_panel_begins_with_the_clean_images_and_the_costliest_corruption_stands_first(
    table: pd.DataFrame,
) -> None:
    harsher = table.assign(dense_accuracy=np.where(table["corruption"] == "fog", 0.4, 0.6))
    with style.applied():
        axes = figure.build({"corruptions": harsher}).axes
    assert [ax.get_title() or ax.get_title(loc="left") for ax in axes] == ["fog", "jpeg"]
    assert [list(ax.get_xticks()) for ax in axes] == [[0, 1, 2, 4]] * 2
    for ax in axes:
        assert all(round(min(line.get_xdata())) == 0 for line in ax.lines)
