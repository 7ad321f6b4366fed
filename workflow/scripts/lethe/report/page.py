"""The report as one HTML file that needs nothing else: no network, no folder beside it, the same bytes every time.

Sorting, searching and paging are 60 lines of script in the template. The offline bundle of a table library was tried:
726 kB a page, random element ids (other bytes every time), and it knows no estimate with its interval in one cell.
"""

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lethe.compare.frames import Frames
from lethe.core import registry
from lethe.report.headlines import Headline
from lethe.report.readable import Column, readable, shared

_HERE = Path(__file__).parent
MOST_ROWS = 2000  # beyond that a page becomes slow; the csv has them all and the page says so
# The story first: what is lost, how sure, who pays; names that are not listed follow in alphabetical order.
_ORDER = (
    *("accuracy", "probes", "pie_share", "pies", "regimes", "removed_parameters", "comparison", "contrasts"),
    *("generalisation", "training_size", "soft_error", "learning_curves", "corruptions", "cost", "latency"),
    *("gallery", "class_recall", "classes", "pie_accuracy", "agreement", "by_size"),
)


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


def page(
    study: str,
    found: list[Headline],
    tables: Frames,
    figures: Mapping[str, bytes],
    provenance: Provenance,
    class_names: Mapping[int, str],
    units: Mapping[str, Mapping[str, str]],
) -> str:
    """The whole page.

    Args:
        found: headline sentences, shown first.
        tables: the report's tables by name.
        figures: PNG bytes by name.
        units: of every table's columns of numbers.
    """
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        study=study,
        headlines=found,
        figures=[_figure(name, figures[name]) for name in _sorted(figures)],
        tables=[_table(name, tables[name], units[name], class_names) for name in _sorted(tables)],
        provenance=provenance,
    )


def _sorted(names: Mapping[str, Any]) -> list[str]:
    return sorted(names, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))


def _figure(name: str, png: bytes) -> Section:
    title, caption = (registry.literal(registry.FIGURES, name, field) for field in ("title", "caption"))
    return Section(f"figure-{name}", title, caption, base64.b64encode(png).decode(), [], [], "", name)


def _table(name: str, table: pd.DataFrame, units: Mapping[str, str], class_names: Mapping[int, str]) -> Section:
    title, caption = (registry.literal(registry.TABLES, name, field) for field in ("title", "caption"))
    columns = readable(table.head(MOST_ROWS), units, class_names)
    cells = [[(text, _key(key)) for text, key in zip(c.texts, c.keys, strict=True)] for c in columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    return Section(f"table-{name}", title, caption, "", columns, rows, _shown(table), name)


def _shown(table: pd.DataFrame) -> str:
    """What a reader must know about the rows: what they share, and whether some are left out."""
    common = shared(table)
    parts = [f"All rows: {common}."] if common else []
    if table.empty:
        parts.append("None: there is nothing to compare in this study.")
    if len(table) > MOST_ROWS:
        parts.append(f"The first {MOST_ROWS} of {len(table)} rows; the csv file has them all.")
    return " ".join(parts)


def _key(key: float | str) -> str:
    """A sort key as an attribute; a missing number is empty and sorts last."""
    return key if isinstance(key, str) else ("" if math.isnan(key) else repr(float(key)))
