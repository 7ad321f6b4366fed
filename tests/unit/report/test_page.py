"""The page: everything is on it, nothing is loaded from elsewhere, the entry scripts make it from files."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import make_figures
import make_page
import make_table
from lethe.core import registry
from lethe.core.errors import DataError, EmptyReport, SchemaError
from lethe.report import draw
from lethe.report.contents import examples_of
from lethe.report.examples import read_images
from lethe.report.page import Provenance, page
from lethe.report.spec import Facts
from lethe.report.table import table_units
from lethe.store.records import BESIDE, digests_of, manifest_beside, write_sealed
from lethe.store.schema import EXAMPLES
from lethe.store.tables import read_record, read_table, write_table
from lethe.study.results import result
from support.archive import KINDS, archive, files, frames
from support.stated import traits

SMALL = archive(regimes=["supervised"], methods=["random"])
STUDY = json.loads(SMALL.grid.study_json())
STUDY["dataset"]["root"] = "/secret/place"
(EXAMPLES_FILE,) = SMALL.located(examples_of(SMALL.grid))
UNITS = {"by_size": table_units("by_size")}
FACTS = Facts("s", "toy", 2)
TABLES, FIGURES = registry.names(registry.TABLES), registry.names(registry.FIGURES)


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole report, made by the entry scripts from files."""
    folder = tmp_path_factory.mktemp("results")
    cells = [path for kind in KINDS for path in files(SMALL, kind)]
    cells += [_file_of(kind, folder) for kind in KINDS if not files(SMALL, kind)]
    examples, images = EXAMPLES_FILE, EXAMPLES_FILE.with_suffix(".npy")
    for name in TABLES:
        make_table.main(name, *(folder / "tables" / f"{name}.{end}" for end in ("csv", "parquet", "tex")), cells)
    tables = [folder / "tables" / f"{name}.parquet" for name in TABLES]
    gallery = folder / "figures/gallery.png"
    make_figures.main([gallery], tables, images=[images], examples=[examples])
    for name in set(FIGURES) - {"gallery"}:  # the page only needs their bytes; the contract tests draw them
        (folder / "figures" / f"{name}.png").write_bytes(gallery.read_bytes())
    drawn = [folder / "figures" / f"{name}.png" for name in FIGURES]
    write_sealed(manifest_beside(gallery), {BESIDE: digests_of(*drawn)})
    parts = [*tables, *(folder / "figures" / f"{name}.png" for name in FIGURES)]
    for number in (1, 2):
        html, text = folder / f"report{number}.html", folder / f"headlines{number}.txt"
        stored = folder / f"study{number}.yaml"
        make_page.main(html, text, stored, parts, study=json.dumps(STUDY), examples=[examples], code_version="abc123")
    return folder


def _file_of(kind: str, folder: Path) -> Path:
    """A file of a measure that the archive lacks."""
    path, about = folder / f"{kind}.parquet", result(kind)
    rows = frames(SMALL)[kind]
    rows = rows[(rows[list(about.names)] == rows[list(about.names)].iloc[0]).all(axis=1)]
    cell = {name: str(rows[name].iloc[0]) for name in about.names}
    write_table(path, rows, about.base, {"result": kind, "cell": cell, "traits": traits(cell.get("method", "dense"))})
    return path


@pytest.mark.slow
def test_page_has_everything_in_it(results: Path) -> None:
    html = (results / "report1.html").read_text()
    parser = Elements()
    parser.feed(html)
    ids = {attributes["id"] for _, attributes in parser.found if "id" in attributes}
    assert ids >= {f"table-{name}" for name in TABLES} | {f"figure-{name}" for name in FIGURES}
    images = [attributes for tag, attributes in parser.found if tag == "img"]
    assert len(images) == len(FIGURES) and all(image["alt"] for image in images)
    targets = {attributes["href"] for tag, attributes in parser.found if tag == "a"}
    assert {target[1:] for target in targets if target and target.startswith("#")} <= ids
    assert "abc123" in html and "bar60" in html and "count: 6" in html


@pytest.mark.slow
def test_a_table_without_rows_says_none(results: Path) -> None:
    html = (results / "report1.html").read_text()
    section = html.split('id="table-contrasts"')[1].split("</section>")[0]
    assert "None: there is nothing to compare in this study." in section
    assert "<table" not in section and 'class="tools"' not in section


@pytest.mark.slow
def test_page_loads_nothing_and_tells_no_path(results: Path) -> None:
    html = (results / "report1.html").read_text()
    parser = Elements()
    parser.feed(html)
    for tag, attributes in parser.found:
        assert tag not in ("link", "iframe", "object", "embed")
        assert (attributes.get("src") or "data:").startswith("data:")
        if tag != "a":
            assert not attributes.get("href")
    assert not re.search(r"url\(|@import|fetch\(|import\(", html)
    assert "/secret/place" not in html and str(results) not in html


@pytest.mark.slow
def test_equal_inputs_give_equal_bytes(results: Path) -> None:
    assert (results / "report1.html").read_bytes() == (results / "report2.html").read_bytes()
    assert (results / "headlines1.txt").read_bytes() == (results / "headlines2.txt").read_bytes()


@pytest.mark.slow
def test_headlines_are_plain_text(results: Path) -> None:
    lines = (results / "headlines1.txt").read_text().splitlines()
    assert lines[0].startswith("* golden: 6 dense networks (supervised) were trained on toy.")
    assert max(map(len, lines)) <= 100


@pytest.mark.slow
def test_what_is_known_of_the_images_stands_first(results: Path, tmp_path: Path) -> None:
    sentence = "2 of 9 test images have one colour throughout: test/<b>&/1.png, test/b/2.png."
    told = read_table(EXAMPLES_FILE, EXAMPLES)
    record = {**read_record(EXAMPLES_FILE), "told": [sentence, "The blue channel is 0 in every training image."]}
    write_table(tmp_path / "test.parquet", told, EXAMPLES, record)
    tables = [results / "tables" / f"{name}.parquet" for name in TABLES]
    made = {name: tmp_path / name for name in ("report.html", "headlines.txt", "study.yaml")}
    make_page.main(*made.values(), tables, study=json.dumps(STUDY), examples=[tmp_path / "test.parquet"])
    lines = made["headlines.txt"].read_text()
    assert " ".join(lines.split()).startswith(f"* The images: {sentence} The blue channel is")
    html = made["report.html"].read_text()
    assert "<p>2 of 9 test images have one colour throughout: test/&lt;b&gt;&amp;/1.png" in html
    assert "<h3>The images</h3>" in html and "<h3>The images</h3>" not in (results / "report1.html").read_text()


def test_a_long_table_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lethe.report.page.MOST_ROWS", 20)
    row = {"regime": "r", "method": "m", "level": "0.50", "split": "test", "models": 3}
    table = pd.DataFrame([row | {"null_share": 0.1, "cross_share": 0.2}] * 21)
    html = page(FACTS, [], {"by_size": table}, {}, Provenance("", {}, ""), UNITS)
    assert "The first 20 of 21 rows; the csv file has them all." in html
    assert html.count('<tr><td data-key="m"') == 20


def test_methods_are_explained_that_the_tables_use() -> None:
    row = {"regime": "r", "method": "m", "level": "0.50", "split": "test", "models": 3}
    by_size = pd.DataFrame([row | {"null_share": 0.1, "cross_share": 0.2}])
    told = page(FACTS, [], {"by_size": by_size}, {}, Provenance("", {}, ""), UNITS)
    assert "<dt>PIE</dt>" in told
    for word in ("Latency is timed", "Soft error", "Removed parameters", "Regimes on an equal footing"):
        assert word not in told


def test_the_page_says_whether_images_were_set_aside_for_choosing_settings() -> None:
    table = pd.DataFrame({"regime": ["r"], "method": ["m"], "level": ["0.50"], "split": ["test"], "models": [3]})
    told, none = (
        page(replace(FACTS, validation=count), [], {"by_size": table}, {}, Provenance("", {}, ""), UNITS)
        for count in (180, None)
    )
    assert "180 training images are set aside" in told and "flattering" not in told
    assert "chosen by looking at the test images, the accuracies are flattering" in none


def test_names_are_escaped() -> None:
    table = pd.DataFrame({"regime": ["r"], "method": ["<script>"], "level": ["0.50"], "split": ["test"], "models": [3]})
    html = page(Facts("<b>", "toy", 2), [], {"by_size": table}, {}, Provenance("a: <i>", {}, ""), UNITS)
    assert "&lt;script&gt;" in html and "<b>" not in html and "<i>" not in html


def test_a_missing_table_is_named(results: Path, tmp_path: Path) -> None:
    with pytest.raises(EmptyReport, match="figure 'pie_share': it reads the tables pies, which are not given"):
        make_figures.main([tmp_path / "pie_share.png"], [results / "tables" / "classes.parquet"])
    with pytest.raises(SchemaError, match=r"make_table\.py"):
        make_figures.main([tmp_path / "pie_share.png"], [EXAMPLES_FILE])


@pytest.mark.slow
def test_an_error_names_its_figure_and_leaves_no_part_of_a_file(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = [results / "tables" / f"{name}.parquet" for name in ("probes", "latency")]
    broken = pd.read_parquet(tables[0]).drop(columns="accuracy_low")
    read = draw.read_tables
    monkeypatch.setattr(draw, "read_tables", lambda paths: read(paths) | {"probes": broken})
    with pytest.raises(KeyError) as caught:
        make_figures.main([tmp_path / "latency.png", tmp_path / "probes.png"], tables)
    assert any("figure 'probes'" in note for note in caught.value.__notes__)
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == ["latency.pdf", "latency.png"]


def test_images_are_found_by_id_and_a_missing_one_is_named() -> None:
    examples = pd.read_parquet(EXAMPLES_FILE)
    chosen = examples["example_id"].iloc[[3, 1]].tolist()
    pairs = {EXAMPLES_FILE.with_suffix(".npy"): EXAMPLES_FILE}
    found = read_images(pairs, pd.Series([chosen[0], None, chosen[1]], dtype="Int64"))
    pixels = dict(zip(found["example_id"], found["pixels"], strict=True))
    stored = np.load(EXAMPLES_FILE.with_suffix(".npy"))
    assert set(pixels) == set(chosen)
    for example_id, row in zip(chosen, (3, 1), strict=True):
        assert np.array_equal(np.squeeze(pixels[example_id]), np.squeeze(stored[row].transpose(1, 2, 0)))
    with pytest.raises(DataError, match="no image for the examples"):
        read_images(pairs, pd.Series([5]))
