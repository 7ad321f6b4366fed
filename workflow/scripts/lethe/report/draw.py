"""The report's figures as files: equal values give equal bytes, each file is whole or absent."""

import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lethe.compare.frames import Frames
from lethe.core import registry
from lethe.core.errors import EmptyReport, LetheError
from lethe.report import style
from lethe.report.examples import read_class_names, read_images
from lethe.report.fonts import boxes_sentence, other_families
from lethe.report.spec import FigureSpec
from lethe.report.table import read_tables
from lethe.store.files import atomic
from lethe.store.provenance import made_by
from lethe.store.records import BESIDE, digests_of, manifest_beside, write_sealed

# What would carry a date, a host or a version of the drawing library into the bytes.
_NO_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}


def make_figures(
    pngs: Sequence[Path],
    tables: Sequence[Path],
    *,
    images: Sequence[Path],
    examples: Sequence[Path],
    code_version: str = "",
) -> None:
    """Draw figures from the report's tables, each as PNG and beside it as PDF.

    Args:
        pngs: outputs; a file's name is that of its figure.
        images: the splits' images, for figures that show some.
        examples: the splits' tables of examples, in the order of `images`; they give class names as well.
    Raises: LetheError: a figure cannot be drawn, for one because a table that it reads is not among `tables`; the
        message names the figure.
    """
    frames = read_tables(tables)
    pairs = dict(zip(images, examples, strict=True)) if images else {}
    if examples:
        names = read_class_names(examples)
        frames["class_names"] = pd.DataFrame({"label": list(names), "class_name": list(names.values())})
    families, boxes = other_families(_texts(frames))
    if boxes:
        print(f"warning: {boxes_sentence(boxes)}", file=sys.stderr)
    for png in pngs:
        try:
            spec: FigureSpec = registry.load(registry.FIGURES, png.stem)
            given = _read_by(spec, frames, pairs)
            save_figure(spec, given, png=png, pdf=png.with_suffix(".pdf"), other_families=families)
        except LetheError as error:
            raise type(error)(f"figure '{png.stem}': {error}") from error
        except Exception as error:
            error.add_note(f"This happened while figure '{png.stem}' was drawn.")
            raise
    if pngs:
        drawn = [file for png in pngs for file in (png, png.with_suffix(".pdf"))]
        write_sealed(manifest_beside(pngs[0]), {BESIDE: digests_of(*drawn), **made_by(code_version)})


def _read_by(spec: FigureSpec, frames: Frames, pairs: dict[Path, Path]) -> Frames:
    """What one figure is given: its tables, the names of the classes, and pixels where it shows some."""
    missing = [table for table in spec.reads if table not in frames]
    if missing:
        raise EmptyReport(f"it reads the tables {', '.join(missing)}, which are not given; add their files")
    given = {table: frames[table] for table in (*spec.reads, "class_names") if table in frames}
    if spec.images and pairs:
        known = [frames[table]["example_id"] for table in spec.reads if "example_id" in frames[table]]
        given["images"] = read_images(pairs, pd.concat(known))
    return given


def _texts(frames: Frames) -> Iterator[str]:
    """Every different text of tables that a figure may show."""
    for table in frames.values():
        for name in table:
            if pd.api.types.is_string_dtype(table[name]):
                yield from table[name].dropna().astype(str).unique()


def save_figure(spec: FigureSpec, frames: Frames, *, png: Path, pdf: Path, other_families: Sequence[str] = ()) -> None:
    """Draw one figure in the shared style and write it as PNG and PDF.

    Args: other_families: of fonts for characters that the report's font lacks, see `fonts`.
    """
    with style.applied(other_families), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # told once for all figures
        figure = spec.build(frames)
        for path, ending in ((png, "png"), (pdf, "pdf")):
            with atomic(path) as temporary:
                figure.savefig(temporary, format=ending, dpi=style.resolution(figure), metadata=_NO_METADATA[ending])
