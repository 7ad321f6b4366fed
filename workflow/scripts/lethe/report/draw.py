"""The report's figures as files: equal values give equal bytes, each file is whole or absent."""

import ctypes
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

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
from lethe.store.images import open_images
from lethe.store.provenance import made_by
from lethe.store.records import BESIDE, digests_of, manifest_beside, write_sealed
from lethe.store.tables import read_record

_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@dataclass(frozen=True)
class _Paths:
    """What figures are drawn from, as files."""

    tables: tuple[Path, ...]
    images: tuple[Path, ...]
    examples: tuple[Path, ...]


@dataclass(frozen=True)
class _Material:
    """What figures are drawn from: tables, the files that have pixels, fonts, and characters that no font has."""

    frames: Frames
    pairs: dict[Path, Path]
    families: list[str]
    boxes: list[str]


def make_figures(
    pngs: Sequence[Path],
    tables: Sequence[Path],
    *,
    images: Sequence[Path],
    examples: Sequence[Path],
    cores: int = 1,
    code_version: str = "",
) -> None:
    """Draw figures from the report's tables, each as PNG and beside it as PDF.

    Args:
        pngs: outputs; a file's name is that of its figure.
        images: the splits' images, for figures that show some.
        examples: the splits' tables of examples, in the order of `images`; they give class names as well.
        cores: how many figures are drawn at a time; their bytes are the same.
    Raises: LetheError: a figure cannot be drawn, for one because a table that it reads is not among `tables`; the
        message names the figure.
    """
    paths = _Paths(tuple(tables), tuple(images), tuple(examples))
    material = _read(paths)
    if material.boxes:
        print(f"warning: {boxes_sentence(material.boxes)}", file=sys.stderr)
    if min(cores, len(pngs)) <= 1:
        for png in pngs:
            _draw(png, material)
    else:
        _draw_at_a_time(pngs, paths, min(cores, len(pngs)))
    if pngs:
        drawn = [file for png in pngs for file in (png, png.with_suffix(".pdf"))]
        write_sealed(manifest_beside(pngs[0]), {BESIDE: digests_of(*drawn), **made_by(code_version)})


def _draw_at_a_time(pngs: Sequence[Path], paths: _Paths, processes: int) -> None:
    """Draw figures in so many processes, fresh ones, because imported libraries have threads that a fork would lose."""
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(os.getpid(), paths)
    )
    with pool:
        for _ in pool.map(_draw_in_child, pngs):
            pass


def _read(paths: _Paths) -> _Material:
    """What lies in the files."""
    frames = read_tables(paths.tables)
    pairs = dict(zip(paths.images, paths.examples, strict=True)) if paths.images else {}
    for images, examples in pairs.items():
        open_images(images, read_record(examples))  # the record of this job names them, whichever process reads them
    if paths.examples:
        names = read_class_names(paths.examples)
        frames["class_names"] = pd.DataFrame({"label": list(names), "class_name": list(names.values())})
    return _Material(frames, pairs, *other_families(_texts(frames)))


_IN_CHILD: list[_Material] = []  # what a process that draws some of the figures has read


def _begin(parent: int, paths: _Paths) -> None:
    """In a process that draws some of the figures: end when the one that started it does, however that ends."""
    ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before it could be followed
        os._exit(1)
    _IN_CHILD.append(_read(paths))


def _draw_in_child(png: Path) -> None:
    _draw(png, _IN_CHILD[0])


def _draw(png: Path, material: _Material) -> None:
    """Draw one figure; an error names it."""
    try:
        spec: FigureSpec = registry.load(registry.FIGURES, png.stem)
        given = _read_by(spec, material.frames, material.pairs)
        save_figure(spec, given, png=png, pdf=png.with_suffix(".pdf"), other_families=material.families)
    except LetheError as error:
        raise type(error)(f"figure '{png.stem}': {error}") from error
    except Exception as error:
        error.add_note(f"This happened while figure '{png.stem}' was drawn.")
        raise


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
        figure.dpi = style.resolution(figure)
        with atomic(png) as temporary:
            style.write_png(figure, temporary)
        with atomic(pdf) as temporary:
            style.write_pdf(figure, temporary)
