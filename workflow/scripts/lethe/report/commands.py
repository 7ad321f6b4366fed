"""What the report's entry scripts do: read files, call one pure function, write files."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lethe.core import registry
from lethe.core.errors import EmptyReport
from lethe.core.files import write_text
from lethe.core.provenance import package_versions
from lethe.report.frames import gather
from lethe.report.headlines import Facts, as_text, headlines
from lethe.report.page import Provenance, page
from lethe.report.save import read_class_names, read_images, read_tables, save_figure, save_table, study_text
from lethe.report.spec import FigureSpec, TableSpec


def make_table(name: str, cells: Sequence[Path], *, csv: Path, parquet: Path, tex: Path) -> None:
    """Build one table of the report from per-cell tables of any kind, in the order of the study."""
    spec: TableSpec = registry.load("report/tables", name)
    save_table(spec, spec.build(gather(cells, spec.reads)), csv=csv, parquet=parquet, tex=tex)


def make_figure(
    name: str, tables: Sequence[Path], *, images: Sequence[Path], examples: Sequence[Path], png: Path, pdf: Path
) -> None:
    """Draw one figure from the report's tables.

    Args:
        images: the splits' images, for a figure that shows some.
        examples: the splits' tables of examples, in the order of `images`; they give class names as well.
    Raises: EmptyReport: a table that the figure reads is not among `tables`.
    """
    spec: FigureSpec = registry.load("report/figures", name)
    frames = read_tables(tables)
    missing = [table for table in spec.reads if table not in frames]
    if missing:
        raise EmptyReport(
            f"figure '{name}' reads the tables {', '.join(missing)}, which are not given; add their files"
        )
    frames = {table: frames[table] for table in spec.reads}
    if spec.images and images:
        wanted = pd.concat([frames[table]["example_id"] for table in spec.reads])
        frames["images"] = read_images(dict(zip(images, examples, strict=True)), wanted)
    if examples:
        names = read_class_names(examples)
        frames["class_names"] = pd.DataFrame({"label": list(names), "class_name": list(names.values())})
    save_figure(spec, frames, png=png, pdf=pdf)


def make_page(
    parts: Sequence[Path], *, study: str, examples: Sequence[Path], code_version: str, html: Path, text: Path
) -> None:
    """Write the page and its headlines as plain text.

    Args:
        parts: the report's tables (.parquet) and figures (.png, named by their file names).
        study: the study's whole config as JSON text.
        examples: the splits' tables of examples, for the names of the classes.
    """
    config = json.loads(study)
    names = read_class_names(examples)
    tables = read_tables([path for path in parts if path.suffix == ".parquet"])
    figures = {path.stem: path.read_bytes() for path in parts if path.suffix == ".png"}
    facts = Facts(config["study"], config["dataset"]["name"], int(config["seeds"]["count"]), names)
    found = headlines(tables, facts)
    provenance = Provenance(study_text(config), package_versions(), code_version)
    write_text(html, page(facts.study, found, tables, figures, provenance, names))
    write_text(text, as_text(found))
