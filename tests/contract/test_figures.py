"""Every file of report/figures keeps its promises, the moment it exists."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, QuadMesh

from lethe.compare.frames import REFERENCE, Frames
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
FIGURES = registry.names(registry.FIGURES)
# Figures of tables that may well have no row: they say why there is nothing to draw.
SAY_WHY = ("planted", "overlap", "explanation", "groups", "class_changes", "sensitivity")
# Settings that a person may have, none of which a figure may show or change.
ODD = {
    "font.size": 17,
    "font.family": ["serif"],
    "axes.facecolor": "black",
    "axes.grid": False,
    "axes.prop_cycle": "cycler(color=['red'])",
    "lines.linewidth": 9,
    "lines.marker": "x",
    "legend.loc": "lower center",
    "figure.dpi": 31,
    "savefig.dpi": 44,
    "savefig.bbox": "tight",
    "savefig.facecolor": "yellow",
    "xtick.direction": "in",
    "axes.xmargin": 0.4,
    "figure.constrained_layout.w_pad": 0.5,
    "pdf.compression": 0,
}


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


def read_by(name: str, frames: Frames) -> Frames:
    spec = registry.load(registry.FIGURES, name)
    return {table: frames[table] for table in (*spec.reads, "class_names", *(["images"] if spec.images else []))}


def drawn(name: str, frames: Frames, folder: Path) -> list[bytes]:
    """The files of one figure."""
    save_figure(registry.load(registry.FIGURES, name), frames, png=folder / "x.png", pdf=folder / "x.pdf")
    return [(folder / file).read_bytes() for file in ("x.png", "x.pdf")]


def panels(axes: list[Axes]) -> list[Axes]:
    return [ax for ax in axes if ax.get_visible() and ax.axison]


def marks(ax: Axes) -> int:
    """How many points of data a panel shows."""
    dots = sum(len(part.get_offsets()) for part in ax.collections if isinstance(part, PathCollection))
    dots += sum(part.get_array().size for part in ax.collections if isinstance(part, QuadMesh))
    return max(dots, *(len(line.get_xdata()) for line in ax.lines), 0)


@pytest.mark.parametrize("name", FIGURES)
def test_has_literal_words_and_reads_known_tables(name: str) -> None:
    assert registry.literal(registry.FIGURES, name, "title") and registry.literal(registry.FIGURES, name, "caption")
    assert set(registry.literal(registry.FIGURES, name, "reads")) <= set(registry.names(registry.TABLES))


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_draws_same_bytes_and_leaves_inputs_and_settings(name: str, small: Frames, tmp_path: Path) -> None:
    """A figure shows no setting of the person who draws it, changes none, and leaves no window's figure behind."""
    read = read_by(name, small)
    before = {table: frame.copy(deep=True) for table, frame in read.items()}
    usual = drawn(name, read, tmp_path / "usual")
    with mpl.rc_context(ODD):
        settings = dict(mpl.rcParams)
        odd = drawn(name, read, tmp_path / "odd")
        assert dict(mpl.rcParams) == settings
    assert usual == odd
    assert b"CreationDate" not in usual[1]
    assert plt.get_fignums() == []
    for table, frame in read.items():
        pd.testing.assert_frame_equal(frame, before[table])


@pytest.mark.slow
def test_a_file_of_settings_and_a_backend_change_no_byte(small: Frames, tmp_path: Path) -> None:
    """In a process of its own, where matplotlib reads the settings of a user who likes windows."""
    names = ["accuracy", "probes"]
    read = {name: read_by(name, small) for name in names}
    (tmp_path / "read.pickle").write_bytes(pickle.dumps(read))
    (tmp_path / "matplotlibrc").write_text("".join(f"{key}: {_as_file(value)}\n" for key, value in ODD.items()))
    program = (
        "import pickle, sys; from pathlib import Path; from lethe.core import registry\n"
        "from lethe.report.draw import save_figure\n"
        "for name, frames in pickle.loads(Path('read.pickle').read_bytes()).items():\n"
        "    spec = registry.load(registry.FIGURES, name)\n"
        "    save_figure(spec, frames, png=Path(name + '.png'), pdf=Path(name + '.pdf'))\n"
        "import matplotlib; assert matplotlib.rcParams['font.size'] == 17\n"
    )
    scripts = str(registry.LIBRARY.parent)
    settings = {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc"), "MPLBACKEND": "tkagg", "PYTHONPATH": scripts}
    command = [sys.executable, "-W", "ignore", "-c", program]
    subprocess.run(command, cwd=tmp_path, env=os.environ | settings, check=True)
    for name in names:
        files = [(tmp_path / f"{name}.{ending}").read_bytes() for ending in ("png", "pdf")]
        assert files == drawn(name, read[name], tmp_path / name)


def _as_file(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return text.replace("cycler(color=", "cycler('color', ") if "cycler" in text else text


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_empty_input_is_a_named_error(name: str, small: Frames) -> None:
    build = registry.load(registry.FIGURES, name).build
    with pytest.raises(EmptyReport):
        build({})
    nothing = {table: frame.iloc[:0] for table, frame in small.items()}
    if name in SAY_WHY:
        with style.applied():
            (sentence,) = build(nothing).texts
        assert sentence.get_text().endswith(".")
        return
    with pytest.raises(EmptyReport):
        build(nothing)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_every_panel_shows_more_than_a_point_and_says_what(name: str, given: Frames) -> None:
    with style.applied():
        figure = registry.load(registry.FIGURES, name).build(given)
    shown = panels(figure.axes)
    is_all_there_is = (given["accuracy"]["role"] != REFERENCE).sum() == 1
    for ax in shown:
        assert marks(ax) > 1 or is_all_there_is, f"a panel of one point: {ax.get_title(loc='left')}"
    words = [text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text"))]
    assert not any("nan" in word for word in words)
    if shown:
        assert any(ax.get_ylabel() for ax in shown) and any(ax.get_xlabel() for ax in shown)


@pytest.fixture(scope="module")
def many() -> Frames:
    """The tables of a study with six regimes and eight methods, copies of one."""
    found = {}
    for name, table in tables(archive()).items():
        rows = table
        if "method" in rows and len(rows):
            first = rows[rows["method"] == "magnitude_global"]
            parts = [first.assign(method=f"method_with_a_long_name_{n}") for n in range(8)]
            rows = pd.concat(parts, ignore_index=True)
            rows = rows.assign(plugin=rows["method"]) if "plugin" in rows else rows
        if "regime" in rows and len(rows):
            first = rows[rows["regime"] == "simclr"]
            rows = pd.concat([first.assign(regime=f"long_regime_{n}") for n in range(6)], ignore_index=True)
        found[name] = rows
    return found


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("name", FIGURES)
def test_a_large_study_stays_within_the_page_and_so_do_its_words(name: str, many: Frames) -> None:
    with style.applied():
        figure = registry.load(registry.FIGURES, name).build(many)
        figure.draw_without_rendering()
        words = [*figure.legends, *figure.texts, *(ax._left_title for ax in panels(figure.axes))]
        ends = [word.get_window_extent().extents for word in words]
    inches, per_inch = max(figure.get_size_inches()), style.resolution(figure)
    assert inches * per_inch <= 2400.5 and per_inch >= 100  # fewer dots could not be read
    for left, low, right, high in ends:
        assert left >= -1 and low >= -1 and right <= figure.bbox.x1 + 1 and high <= figure.bbox.y1 + 1
