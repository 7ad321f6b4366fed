"""Names are not markup: whatever a class is called stands in figures, tables and pages as it is written."""

import csv
import html
import io
import re
import warnings
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.ft2font import FT2Font

from lethe.compare.frames import Frames
from lethe.core import registry
from lethe.report import draw, fonts, style
from lethe.report.draw import save_figure
from lethe.report.fonts import boxes_sentence, other_families
from lethe.report.latex import escape, latex
from lethe.report.page import Provenance, page
from lethe.report.plain import plain
from lethe.report.spec import Facts, TableSpec
from lethe.report.table import readable, save_table
from support.archive import archive, frames

NAMES = [
    *("under_$50", "$50_to_$100", "$", "$$", r"\$5", r"$\frac{1}{2}$", r"\alpha", "{x}", "{", "}{", "a_b^c", "100 %"),
    *("a & b", "#1", "~", "^", "<script>alert(1)</script>", "<b>", "&amp;", 'say "no"', "it's", "`x`", "${jndi:x}"),
    *(
        "$(rm -r x)",
        "{{ x }}",
        "{% raw %}",
        "{study}",
        "_hidden",
        "*",
        "[x]",
        "--",
        "line\nend",
        "tab\there",
        "\x1b[31m",
    ),
    *(
        "\r",
        "a\r\nb",
        "café",
        "cafe\u0301",
        "Straße",
        "Кошка",
        "قطة",
        "חתול",
        "\u202egnp.exe",
        "猫",
        "고양이",
        "🐈",
        "NaN",
    ),
    *("Infinity", "1e5", " ", "a|b", "=1+1", "',;", "x" * 200),
]
_LONGEST = 40
AT_ONCE = 3  # as many classes as the tables have
# A figure takes half a second; some of every sort of name stay among the fast tests.
FIRST = [pytest.param(first, marks=[pytest.mark.slow] * (first % 15 > 0)) for first in range(0, len(NAMES), AT_ONCE)]
SHOWING = ("gallery", "class_recall")
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def tables() -> Frames:
    """Tables of a study, for figures that name classes."""
    given = frames(archive(regimes=["supervised"], methods=["magnitude_global"]))
    built = {
        name: registry.load(registry.TABLES, name).build(given) for name in ("accuracy", "gallery", "classes", "pies")
    }
    ids = given["pies"]["example_id"].unique()
    return built | {"images": pd.DataFrame({"example_id": ids, "pixels": [np.zeros((8, 8), np.uint8) for _ in ids]})}


def with_names(tables: Frames, names: list[str]) -> Frames:
    """The tables of a study whose first classes have these names."""
    labels = sorted(tables["classes"]["label"].unique())
    chosen = [*map(plain, names), *(f"class {label}" for label in labels)][: len(labels)]
    return tables | {"class_names": pd.DataFrame({"label": labels, "class_name": chosen})}


@pytest.mark.slow
@pytest.mark.parametrize("figure", SHOWING)
@pytest.mark.parametrize(
    "first",
    [pytest.param(one.values[0], marks=[pytest.mark.long] * (place % 3 > 0)) for place, one in enumerate(FIRST)],
)
def test_a_figure_shows_names_as_they_are(figure: str, first: int, tables: Frames, tmp_path: Path) -> None:
    names = NAMES[first : first + AT_ONCE]
    given = with_names(tables, names)
    save_figure(registry.load(registry.FIGURES, figure), given, png=tmp_path / "x.png", pdf=tmp_path / "x.pdf")
    assert (tmp_path / "x.png").stat().st_size and (tmp_path / "x.pdf").stat().st_size
    with style.applied(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        drawn = registry.load(registry.FIGURES, figure).build(given)
        drawn.draw_without_rendering()
        words = list(drawn.findobj(lambda item: hasattr(item, "get_parse_math")))
    assert not any(item.get_parse_math() for item in words)
    said = [item.get_text() for item in words]
    shown = [plain(name) for name in names if figure == "class_recall" or len(plain(name)) <= 10]
    for name in shown:
        assert any(text.endswith(name[:_LONGEST]) for text in said) or len(name) > _LONGEST
    assert figure == "gallery" or not [name for name in shown if name not in said and len(name) <= _LONGEST]


@pytest.mark.slow
def test_long_names_leave_room_for_the_panels(tables: Frames) -> None:
    """They are cut, and stay different."""
    given = with_names(tables, [f"{'x' * 300}{number}" for number in range(30)])
    with style.applied():
        figure = registry.load(registry.FIGURES, "class_recall").build(given)
        figure.draw_without_rendering()
        said = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert len(set(said)) == len(said) == min(40, tables["classes"]["label"].nunique())
    assert max(map(len, said)) <= _LONGEST + 5
    assert figure.axes[0].get_window_extent().width > 20


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_in_a_line_has_no_unseen_sign_and_others_as_they_are(name: str) -> None:
    assert not UNSEEN.search(plain(name))
    assert plain(name) == name or UNSEEN.search(name)


class _Cells(HTMLParser):
    """Texts of the cells of a page, their keys, and the tags that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.keys: list[str] = []
        self.tags: list[str] = []
        self.is_in_cell = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.is_in_cell = tag == "td"
        if tag == "td":
            self.cells.append("")
            self.keys += [value or "" for name, value in attributes if name == "data-key"]

    def handle_data(self, data: str) -> None:
        if self.is_in_cell:
            self.cells[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self.is_in_cell = self.is_in_cell and tag != "td"


def test_a_page_shows_every_name_in_a_cell_and_no_tag_comes_from_one() -> None:
    names = dict(enumerate(map(plain, NAMES)))
    table = pd.DataFrame({"regime": "r", "method": "m", "level": "0.50", "split": "test", "label": list(names)})
    units = {"classes": {"label": "class"}}
    provenance = Provenance("dataset: {name: '<i>'}", {}, "")
    found = page(Facts("s", "toy", 2, names), [], {"classes": table}, {}, provenance, units)
    none = page(Facts("s", "toy", 2), [], {"classes": table}, {}, provenance, units)
    shown, plain_page = _Cells(), _Cells()
    shown.feed(found)
    plain_page.feed(none)
    assert set(names.values()) <= set(shown.cells) and set(names.values()) <= set(shown.keys)
    assert shown.tags == plain_page.tags
    assert html.escape("<script>alert(1)</script>", quote=False) in found


SPEC = TableSpec("plain", "Title", "Caption.", (), lambda frames: frames["plain"])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_csv_and_parquet_have_a_name_as_it_is_and_latex_reads_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lethe.report.table.table_units", lambda name: {"n": "count"})
    table = pd.DataFrame({"class_name": [name, "other"], "n": [1, 2]})
    files = {ending: tmp_path / f"x.{ending}" for ending in ("csv", "parquet", "tex")}
    save_table(SPEC, table, **files)
    read = pd.read_csv(io.BytesIO(files["csv"].read_bytes()), keep_default_na=False, encoding="utf-8")
    assert read["class_name"].tolist() == [name, "other"]
    assert pd.read_parquet(files["parquet"])["class_name"].tolist() == [name, "other"]
    text = files["tex"].read_text(encoding="utf-8")
    assert escape(name) in text and text.count("\\\\\n") == 3
    outside = re.sub(r"\\lethescript\{[^{}]*\}", "", text)
    assert outside.isascii()
    assert ("\\providecommand{\\lethescript}" in text) == ("\\lethescript{" in text.replace("{\\lethescript}", ""))


@pytest.mark.parametrize("name", ["nan", "None", "NA", "null", "N/A", "<NA>", "007", "1e3", "True", "inf"])
def test_a_class_that_is_called_like_a_missing_value_or_a_number_is_read_as_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/reading-the-report.md says; numbers that are missing stay so."""
    monkeypatch.setattr("lethe.report.table.table_units", lambda name: {"n": "share"})
    table = pd.DataFrame({"level": ["0.90", "0.50"], "class_name": [name, name], "n": [0.5, np.nan]})
    csv_file = tmp_path / "x.csv"
    save_table(SPEC, table, csv=csv_file, parquet=tmp_path / "x.parquet", tex=tmp_path / "x.tex")
    with csv_file.open(newline="", encoding="utf-8") as lines:
        assert [row["class_name"] for row in csv.DictReader(lines)] == [name, name]
    texts = {"level": str, "class_name": str}
    read = pd.read_csv(csv_file, dtype=texts, keep_default_na=False, na_values={"n": [""]})
    pd.testing.assert_frame_equal(read, table, check_dtype=False)
    is_missing = pd.read_csv(csv_file, dtype=texts)["class_name"].isna().all()
    assert (f'"{name}"' in csv_file.read_text()) == is_missing


@given(st.text(max_size=30))
def test_latex_has_balanced_groups_and_no_bare_sign_for_any_text(text: str) -> None:
    escaped = escape(text)
    bare = re.sub(r"\\lethescript\{[^{}]*\}|\$-\$|\$\\\w+\$|\$\^\\circ\$", "", escaped)
    assert bare.isascii() and "\n" not in bare
    depth = 0
    for sign in re.sub(r"\\[{}]", "", bare):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    without = re.sub(r"""\\[&%$#_{}]|\\[a-zA-Z]+|\\["'`^~=.]\{""", "", bare)
    assert not set("&%$#_^\\") & set(without)


@pytest.mark.parametrize("text", ["a--b", "a---b", "''", "'''", "-'-'"])
def test_signs_of_latex_do_not_join(text: str) -> None:
    assert escape(text).replace("{}", "") == text
    assert "--" not in escape(text) and "''" not in escape(text)


def test_two_unicode_forms_print_alike() -> None:
    assert escape("né") == escape("ne\u0301") == r"n\'{e}"


@pytest.mark.parametrize("start", ["[x]", "*"])
def test_a_row_does_not_begin_with_what_a_line_break_reads(start: str) -> None:
    table = pd.DataFrame({"class_name": ["a", start]})
    text = latex(SPEC, readable(SPEC, table, {}), "")
    assert f"{{{start}}} \\\\" in text


def font(file: Path, characters: str) -> Path:
    """A font of squares for some characters."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 600), (600, 600), (600, 0)):
        pen.lineTo(corner)
    pen.closePath()
    glyphs = [".notdef", *(f"g{number}" for number in range(len(characters)))]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap({ord(c): name for c, name in zip(characters, glyphs[1:], strict=True)})
    builder.setupGlyf(dict.fromkeys(glyphs, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (700, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": file.stem, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(file)
    return file


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fonts of a machine that has three of its own."""
    made = [
        font(tmp_path / "Squares A.ttf", "猫"),
        font(tmp_path / "Squares B.ttf", "犬猫鳥"),
        font(tmp_path / "Squares C.ttf", "🐈"),
    ]
    monkeypatch.setattr(fonts, "_installed", lambda: iter(map(str, made)))
    return [file.stem for file in made]


@pytest.mark.parametrize(
    ("text", "families", "missing"),
    [
        ("plain, Кошка, κ, é, −", [], []),
        ("猫", ["Squares A"], []),
        ("猫鳥", ["Squares B"], []),
        ("猫 🐈", ["Squares A", "Squares C"], []),
        ("猫 고", ["Squares A"], ["고"]),
        ("고", [], ["고"]),
    ],
)
def test_fonts_are_found_for_what_the_reports_font_lacks(
    text: str, families: list[str], missing: list[str], installed: list[str]
) -> None:
    assert other_families([text]) == (families, missing)
    assert not families or set(families) <= set(installed)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["png", "pdf"])
def test_a_figure_is_drawn_with_the_font_that_has_the_name(
    ending: str, tables: Frames, installed: list[str], tmp_path: Path
) -> None:
    given = with_names(tables, ["猫"])
    families, _ = other_families(given["class_names"]["class_name"])
    bytes_of = {}
    for which in ([], families):
        png, pdf = (tmp_path / f"{len(which)}.{one}" for one in ("png", "pdf"))
        spec = registry.load(registry.FIGURES, "class_recall")
        save_figure(spec, given, png=png, pdf=pdf, other_families=which)
        bytes_of[len(which)] = (tmp_path / f"{len(which)}.{ending}").read_bytes()
    assert families == ["Squares A"] and bytes_of[0] != bytes_of[1]


@pytest.mark.slow
def test_what_no_font_has_is_said_in_one_sentence_and_drawn_as_boxes(
    tables: Frames,
    installed: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = with_names(tables, ["고양이"])
    monkeypatch.setattr(draw, "read_tables", lambda paths: {name: named[name] for name in ("classes", "accuracy")})
    monkeypatch.setattr(draw, "read_class_names", lambda examples: {0: "고양이"})
    monkeypatch.setattr(draw, "read_images", lambda pairs, wanted: named["images"])
    for name in ("open_images", "read_record"):
        monkeypatch.setattr(draw, name, lambda *given: None)
    draw.make_figures([tmp_path / "class_recall.png"], [], images=[tmp_path], examples=[tmp_path])
    told = capsys.readouterr().err
    assert told.startswith("warning: ") and told.count("\n") == 1 and "고 (U+ACE0)" in told and "Noto" in told
    assert (tmp_path / "class_recall.pdf").is_file()
    assert boxes_sentence([]) == ""


def test_a_long_title_breaks_after_an_underscore_and_a_short_one_not() -> None:
    assert style.title_text(1.5, "supervised_labelled", "magnitude_global") == "supervised_\nlabelled\nmagnitude_global"
    assert style.title_text(1.5, "one two three four") == "one two three\nfour"


def test_fonts_that_cannot_be_drawn_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    good = font(tmp_path / "Squares D.ttf", "猫")
    monkeypatch.setattr(fonts, "_installed", lambda: iter([str(tmp_path / "broken.ttf"), str(good)]))
    assert other_families(["猫"]) == ([FT2Font(str(good)).family_name], [])
