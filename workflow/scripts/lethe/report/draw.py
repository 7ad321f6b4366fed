"""The report's figures as files: equal values give equal bytes, each file is whole or absent."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lethe.compare.frames import Frames
from lethe.core import registry
from lethe.core.errors import EmptyReport
from lethe.report import style
from lethe.report.files import read_class_names, read_images, read_tables
from lethe.report.spec import FigureSpec
from lethe.store.files import atomic

# What would carry a date, a host or a version of the drawing library into the bytes.
_NO_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}


def make_figure(
    name: str, tables: Sequence[Path], *, images: Sequence[Path], examples: Sequence[Path], png: Path, pdf: Path
) -> None:
    """Draw one figure from the report's tables.

    Args:
        images: the splits' images, for a figure that shows some.
        examples: the splits' tables of examples, in the order of `images`; they give class names as well.
    Raises: EmptyReport: a table that the figure reads is not among `tables`.
    """
    spec: FigureSpec = registry.load(registry.FIGURES, name)
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


def save_figure(spec: FigureSpec, frames: Frames, *, png: Path, pdf: Path) -> None:
    """Draw one figure in the shared style and write it as PNG and PDF."""
    with style.applied():
        figure = spec.build(frames)
        for path, ending in ((png, "png"), (pdf, "pdf")):
            with atomic(path) as temporary:
                figure.savefig(
                    temporary, format=ending, dpi=style.resolution(figure), metadata=_NO_METADATA[ending]
                )
