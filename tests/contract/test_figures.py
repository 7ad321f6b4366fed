"""Every file of report/figures keeps its promises, the moment it exists."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lethe.compare.frames import Frames
from lethe.core import registry
from lethe.core.errors import EmptyReport
from lethe.report import style
from lethe.report.draw import save_figure
from lethe.run.report import Finished
from support.archive import archive, frames

STUDIES = {
    "every family": archive(regimes=["supervised"]),
    "one level, one method": archive(regimes=["supervised"], methods=["random"]),
    "two regimes": archive(methods=["magnitude_global"]),
}
WITHOUT = "without intervals and tests"


def tables(study: Finished) -> Frames:
    given = frames(study)
    corrupted = frames(archive(splits=["test", "test@contrast-3"]))
    built = {}
    for name in registry.names(registry.TABLES):
        of_corrupted = registry.literal(registry.TABLES, name, "splits", default="ordinary") == "corrupted"
        built[name] = registry.load(registry.TABLES, name).build(corrupted if of_corrupted else given)
    ids = given["pies"]["example_id"].unique()
    pixels = [np.full((8, 8), i % 256, dtype=np.uint8) for i in ids]
    labels = sorted(given["classes"]["label"].unique())
    names = pd.DataFrame({"label": labels, "class_name": [f"class {label}" for label in labels]})
    return built | {"images": pd.DataFrame({"example_id": ids, "pixels": pixels}), "class_names": names}


@pytest.fixture(scope="module", params=[*STUDIES, WITHOUT])
def given(request: pytest.FixtureRequest) -> Frames:
    if request.param in STUDIES:
        return tables(STUDIES[request.param])
    found = tables(STUDIES["every family"])
    return found | {name: _without(found[name]) for name in ("accuracy", "pies", "classes")}


def _without(table: pd.DataFrame) -> pd.DataFrame:
    """As a study of two seeds gives it: estimates, but no interval and no q."""
    return table.assign(**{name: np.nan for name in table if name == "q" or str(name).endswith(("_low", "_high"))})


@pytest.fixture(scope="module")
def small() -> Frames:
    return tables(STUDIES["one level, one method"])


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
