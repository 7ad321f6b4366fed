"""Every file of report/figures keeps its promises, the moment it exists."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lethe.compare.frames import Frames
from lethe.core import registry
from lethe.core.errors import EmptyReport
from lethe.report import style
from lethe.report.draw import save_figure
from unit.report.synthetic_cells import Made, frames

MADE = {
    "two methods": Made(levels=(("magnitude_global", ("0.50", "0.80", "0.95")), ("random", ("0.20",))), examples=90),
    "one level, one method, all noise": Made(levels=(("random", ("0.20",)),), examples=60, seeds=4),
    "every family": Made(
        levels=(
            *((m, ("0.30", "0.70")) for m in ("fold", "fold_random", "fold_raw", "l1_raw", "gmp", "small_dense")),
            *(("bits", ("8",)), ("random", ("0.90",))),
        ),
        examples=40,
        seeds=4,
    ),
    "two regimes": Made(regimes=("supervised", "simclr"), levels=(("bits", ("8", "4")),), examples=60, seeds=4),
}


def tables(made: Made) -> Frames:
    given = frames(made)
    corrupted = frames(replace(made, splits=(*made.splits, "test@fog-1", "test@fog-3", "test@contrast-5")))
    needs_corrupted = {
        name: registry.literal(registry.TABLES, name, "splits", default="ordinary") == "corrupted"
        for name in registry.names(registry.TABLES)
    }
    built = {
        name: registry.load(registry.TABLES, name).build(corrupted if needs else given)
        for name, needs in needs_corrupted.items()
    }
    ids = given["pies"]["example_id"].unique()
    pixels = [np.full((8, 8), i % 256, dtype=np.uint8) for i in ids]
    names = pd.DataFrame({"label": range(made.classes), "class_name": [f"class {i}" for i in range(made.classes)]})
    return built | {"images": pd.DataFrame({"example_id": ids, "pixels": pixels}), "class_names": names}


@pytest.fixture(scope="module", params=[*MADE, "without intervals and tests"])
def given(request: pytest.FixtureRequest) -> Frames:
    if request.param in MADE:
        return tables(MADE[request.param])
    found = tables(MADE["two methods"])
    return found | {name: _without(found[name]) for name in ("accuracy", "pies", "classes")}


def _without(table: pd.DataFrame) -> pd.DataFrame:
    """As a study of two seeds gives it: estimates, but no interval and no q."""
    return table.assign(**{name: np.nan for name in table if name == "q" or str(name).endswith(("_low", "_high"))})


@pytest.fixture(scope="module")
def small() -> Frames:
    return tables(MADE["one level, one method, all noise"])


@pytest.mark.parametrize("name", registry.names(registry.FIGURES))
def test_has_literal_words_and_reads_known_tables(name: str) -> None:
    assert registry.literal(registry.FIGURES, name, "title") and registry.literal(registry.FIGURES, name, "caption")
    assert set(registry.literal(registry.FIGURES, name, "reads")) <= set(registry.names(registry.TABLES))


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names(registry.FIGURES))
def test_draws_same_bytes_and_leaves_inputs(name: str, small: Frames, tmp_path: Path) -> None:
    spec = registry.load(registry.FIGURES, name)
    read = {table: small[table] for table in (*spec.reads, "class_names", *(["images"] if spec.images else []))}
    before = {table: frame.copy(deep=True) for table, frame in read.items()}
    written = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        save_figure(spec, read, png=folder / "x.png", pdf=folder / "x.pdf")
        written.append([(folder / file).read_bytes() for file in ("x.png", "x.pdf")])
    assert written[0] == written[1]
    assert b"CreationDate" not in written[0][1]
    for table, frame in read.items():
        pd.testing.assert_frame_equal(frame, before[table])


@pytest.mark.parametrize("name", registry.names(registry.FIGURES))
def test_empty_input_is_a_named_error(name: str, small: Frames) -> None:
    build = registry.load(registry.FIGURES, name).build
    with pytest.raises(EmptyReport):
        build({})
    with pytest.raises(EmptyReport):
        build({table: frame.iloc[:0] for table, frame in small.items()})


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names(registry.FIGURES))
def test_every_axis_shows_something_and_says_what(name: str, given: Frames) -> None:
    with style.applied():
        figure = registry.load(registry.FIGURES, name).build(given)
    shown = [ax for ax in figure.axes if ax.get_visible() and ax.axison]
    for ax in shown:
        assert ax.lines or ax.images or ax.collections, "an empty panel"
    words = [text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text"))]
    assert not any("nan" in word for word in words)
    if shown:
        assert any(ax.get_ylabel() for ax in shown)
