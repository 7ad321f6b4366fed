"""The report as one HTML file that needs nothing else: no network, no folder beside it, the same bytes every time.

Sorting, searching and paging are 60 lines of script in the template. The offline bundle of a table library was tried:
726 kB a page, random element ids (other bytes every time), and it knows no estimate with its interval in one cell.
"""

import base64
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lethe.compare.frames import Frames
from lethe.core import registry
from lethe.report.chapters import CHAPTERS
from lethe.report.examples import read_class_names, read_told
from lethe.report.headlines import as_text, headlines
from lethe.report.spec import LAST, Column, Facts, Headline, TableSpec
from lethe.report.table import read_tables, read_units, readable, shared
from lethe.store.files import write_text
from lethe.store.provenance import made_by, package_versions
from lethe.store.records import BESIDE, check_beside, digests_of, manifest_beside, write_sealed
from lethe.study.written_yaml import written_yaml

_HERE = Path(__file__).parent
MOST_ROWS = 2000  # beyond that a page becomes slow; the csv has them all and the page says so


@dataclass(frozen=True)
class Provenance:
    """What made the results: the study's config as YAML text, package versions, the version of the code."""

    config: str
    packages: Mapping[str, str]
    code_version: str


@dataclass(frozen=True)
class Section:
    """One figure or table as the template shows it."""

    anchor: str
    title: str
    caption: str
    image: str
    columns: list[Column]
    rows: list[list[tuple[str, str]]]
    shown: str
    name: str
    chapter: str = ""


def make_page(
    parts: Sequence[Path],
    *,
    study: str,
    examples: Sequence[Path],
    code_version: str,
    html: Path,
    text: Path,
    stored: Path,
) -> None:
    """Write the page and its headlines as plain text.

    Args:
        parts: the report's tables (.parquet) and figures (.png, named by their file names).
        study: the study's whole config as JSON text; `stored` gets it as YAML, so that the folder explains itself.
        examples: the splits' tables of examples, for the names of the classes.
    """
    config = json.loads(study)
    names = read_class_names(examples)
    table_paths = [path for path in parts if path.suffix == ".parquet"]
    tables, units = read_tables(table_paths), read_units(table_paths)
    figures = {path.stem: _verified(path) for path in parts if path.suffix == ".png"}
    facts = Facts(
        config["study"],
        config["dataset"]["name"],
        int(config["seeds"]["count"]),
        names,
        config.get("statistics", {}).get("equivalence_margin"),
        config["dataset"].get("validation_size"),
    )
    found = headlines(tables, facts)
    if told := read_told(examples):
        found = [Headline("The images", told), *found]
    provenance = Provenance(study_text(config), package_versions(), code_version)
    write_text(stored, study_text(config))
    write_text(html, page(facts, found, tables, figures, provenance, units))
    write_text(text, as_text(found))
    write_sealed(manifest_beside(html), {BESIDE: digests_of(html, text, stored), **made_by(code_version)})


def _verified(figure: Path) -> bytes:
    """A figure's bytes, once they are known to be those that were drawn."""
    check_beside(figure)
    return figure.read_bytes()


def page(
    facts: Facts,
    found: list[Headline],
    tables: Frames,
    figures: Mapping[str, bytes],
    provenance: Provenance,
    units: Mapping[str, Mapping[str, str]],
) -> str:
    """The whole page.

    Args:
        found: headline sentences, shown first.
        tables: the report's tables by name.
        figures: PNG bytes by name.
        units: of every table's columns of numbers.
    """
    drawn = [_figure(name, figures[name]) for name in _in_order(registry.FIGURES, figures)]
    listed = [_table(name, tables[name], units[name], facts.class_names) for name in _in_order(registry.TABLES, tables)]
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        study=facts.study,
        validation=facts.validation,
        headlines=[headline for headline in found if not headline.chapter],
        chapters=_chapters(found, drawn, listed),
        figures=[section for section in drawn if not section.chapter],
        tables=[section for section in listed if not section.chapter],
        provenance=provenance,
    )


@dataclass(frozen=True)
class Chapter:
    """A question of the report: sentences from the numbers, the figure that carries them, the rest folded away."""

    name: str
    title: str
    sentences: list[str]
    figure: Section | None
    others: list[Section]
    tables: list[Section]


def _chapters(found: Sequence[Headline], figures: Sequence[Section], tables: Sequence[Section]) -> list[Chapter]:
    """The chapters of which the study has something, in their order."""
    chapters = []
    for name, title in CHAPTERS.items():
        sentences = [sentence for one in found if one.chapter == name for sentence in one.sentences]
        drawn = [section for section in figures if section.chapter == name]
        listed = [section for section in tables if section.chapter == name]
        if sentences or drawn or listed:
            chapters.append(Chapter(name, title, sentences, drawn[0] if drawn else None, drawn[1:], listed))
    return chapters


def _in_order(room: str, names: Iterable[str]) -> list[str]:
    """The story first: what is lost, how sure, which classes lose most; as the SPECs say."""
    return sorted(names, key=lambda name: (registry.literal(room, name, "order", default=LAST), name))


def _figure(name: str, png: bytes) -> Section:
    """A figure with its image inside."""
    title, caption = (registry.literal(registry.FIGURES, name, field) for field in ("title", "caption"))
    image = base64.b64encode(png).decode()
    return Section(f"figure-{name}", title, caption, image, [], [], "", name, _chapter_of(registry.FIGURES, name))


def _table(name: str, table: pd.DataFrame, units: Mapping[str, str], class_names: Mapping[int, str]) -> Section:
    """A table as texts and the keys that sorting goes by."""
    spec: TableSpec = registry.load(registry.TABLES, name)
    columns = readable(spec, table.head(MOST_ROWS), units, class_names)
    cells = [[(text, _key(key)) for text, key in zip(c.texts, c.keys, strict=True)] for c in columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    said = _shown(spec, table)
    return Section(f"table-{name}", spec.title, spec.caption, "", columns, rows, said, name, spec.chapter)


def _chapter_of(room: str, name: str) -> str:
    return str(registry.literal(room, name, "chapter", default=""))


def _shown(spec: TableSpec, table: pd.DataFrame) -> str:
    """What a reader must know about the rows: what they share, and whether some are left out."""
    common = shared(spec, table)
    parts = [f"All rows: {common}."] if common else []
    if table.empty:
        parts.append("None: there is nothing to compare in this study.")
    if len(table) > MOST_ROWS:
        parts.append(f"The first {MOST_ROWS} of {len(table)} rows; the csv file has them all.")
    return " ".join(parts)


def _key(key: float | str) -> str:
    """A sort key as an attribute; a missing number is empty and sorts last."""
    return key if isinstance(key, str) else ("" if math.isnan(key) else repr(float(key)))


def study_text(study: Mapping[str, Any]) -> str:
    """A study's config as YAML, keys in their order; where the data lie is nobody else's business."""
    shown = json.loads(json.dumps(study))
    shown.get("dataset", {}).pop("root", None)
    return written_yaml(shown)
