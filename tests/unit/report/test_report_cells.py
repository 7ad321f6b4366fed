"""Levels as positions and texts, the order of rows, and gathering files."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.compare.cells import in_order
from lethe.compare.frames import gather, require, result_of
from lethe.compare.level import Level
from lethe.core.errors import SchemaError
from lethe.core.levels import canonical_level
from lethe.store.schema import schema
from lethe.store.tables import read_record, read_table, write_table
from lethe.study.results import STAGES, result
from support.archive import KINDS, STUDY, archive, files

SPARSITIES = st.integers(1, 9999).map(lambda n: canonical_level(Decimal(n) / 10000, "sparsity"))
BITS = st.integers(1, 32).map(str)


@given(SPARSITIES)
def test_sparsity_is_percent_on_axis_and_in_text(text: str) -> None:
    level, channels = Level(text, "sparsity"), Level(text, "channel_sparsity")
    assert level.position == pytest.approx(100 * level.harshness)
    assert Decimal(level.number.removesuffix(" %")) == Decimal(text) * 100
    assert level.phrase.endswith("% of weights removed") and channels.phrase.endswith("% of channels removed")
    assert not level.is_bits


@given(BITS, BITS)
def test_fewer_bits_are_harsher(one: str, other: str) -> None:
    assert (Level(one, "bits").harshness > Level(other, "bits").harshness) == (int(one) < int(other))
    assert Level(one, "bits").phrase == f"{one} bits" and Level(one, "bits").position == int(one)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("0.9", "sparsity"), ("1.00", "sparsity"), ("", "sparsity"), ("8", "sparsity"), ("0.50", "bits"), ("33", "bits"),
     ("08", "bits"), ("0.50", "none"), ("0.50", "depth"), ("many", "channel_sparsity")],
)  # fmt: skip
def test_what_is_no_level_of_its_kind_is_refused(text: str, kind: str) -> None:
    with pytest.raises(SchemaError, match="is not a level of kind"):
        Level(text, kind)


@given(st.lists(st.tuples(st.sampled_from("rs"), st.sampled_from("mn"), SPARSITIES), min_size=1, max_size=20))
def test_order_keeps_rows_and_first_appearance(rows: list[tuple[str, str, str]]) -> None:
    frame = pd.DataFrame(rows, columns=["regime", "method", "level"])
    frame = frame.assign(split="test", level_kind="sparsity", number=range(len(rows)))
    ordered = in_order(frame)
    assert sorted(ordered["number"]) == list(range(len(rows)))
    assert list(dict.fromkeys(ordered["regime"])) == list(dict.fromkeys(frame["regime"]))
    for _, group in ordered.groupby(["regime", "method"]):
        assert group["level"].map(float).is_monotonic_increasing
        for _, same in group.groupby("level"):
            assert same["number"].is_monotonic_increasing
    pd.testing.assert_frame_equal(in_order(ordered), ordered)


def test_gather_gives_every_row_its_cell() -> None:
    study = archive(regimes=["supervised"], methods=["magnitude_global", "random"])
    everything = [path for kind in KINDS for path in reversed(files(study, kind))]
    assert {result_of(path) for path in everything} == {*STAGES, *STUDY.asked_measures} - {"predictions"}
    found = gather(everything, ("pies", "shares"))
    assert set(found) == {"pies", "shares"}
    cells = found["pies"][["method", "level"]].drop_duplicates().values.tolist()
    (treated,) = {cell.method for cell in study.grid.treated_cells}
    compressed = [["random", "0.30"], ["magnitude_global", "0.50"], ["magnitude_global", "0.90"]]
    assert cells == [[treated, "0"], *compressed]
    assert len(found["pies"]) == 4 * 60
    assert require(found, "pies")[["method", "level"]].drop_duplicates().values.tolist() == compressed
    assert len(require(found, "pies", with_references=True)) == 4 * 60
    assert found["pies"].equals(gather(everything, ("pies",))["pies"])


def test_what_a_measure_states_as_recorded_is_a_column_and_older_files_lack_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what the form of the result states: gathering knows no field of a record by its name."""
    form = replace(result("shares"), recorded=schema([("warmth", "float64", "number")]))
    monkeypatch.setattr("lethe.compare.frames.result", lambda name: form)
    paths = []
    for path, recorded in zip(files(archive(), "shares"), ({"warmth": 21.5, "other": 1.0}, {}), strict=False):
        paths.append(tmp_path / path.parent.name / path.name)
        paths[-1].parent.mkdir()
        write_table(paths[-1], read_table(path, form.base), form.base, read_record(path) | recorded)
    rows = gather(paths, ("shares",))["shares"]
    assert "other" not in rows and list(rows).index("warmth") == list(rows).index("plugin") - 1
    per_cell = rows.groupby(["method", "level"])["warmth"].unique()
    assert sorted(map(str, per_cell)) == ["[21.5]", "[nan]"]


def test_gather_refuses_a_cell_twice_and_a_file_without_one(tmp_path: Path) -> None:
    path = files(archive(), "shares")[0]
    with pytest.raises(SchemaError, match=r"two files of 'shares' have .* give each file once"):
        gather([path, path], ("shares",))
    lost = tmp_path / "lost.parquet"
    columns = result("shares").base
    write_table(lost, read_table(path, columns), columns, {})
    with pytest.raises(SchemaError, match="says it is of result 'None'; known: curves, pies"):
        gather([lost], ("shares",))


def test_results_of_blocks_come_in_several_files_and_no_seed_twice() -> None:
    curves = files(archive(regimes=["supervised"]), "curves")
    assert len(curves) == 2
    assert sorted(set(gather(curves, ("curves",))["curves"]["seed"])) == list(range(6))
    with pytest.raises(SchemaError, match=r"two files of 'curves' have .*'seed': 0.*give each file once"):
        gather([*curves, curves[0]], ("curves",))


def test_dense_networks_have_no_level_and_are_the_mildest() -> None:
    level = Level("0", "none")
    assert not level.is_bits and level.harshness == 0 and level.position == 0
