"""What the files of `report/tables` and `report/figures` promise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from lethe.compare.frames import Frames

if TYPE_CHECKING:  # a table's job starts in two thirds of the time without it
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class TableSpec:
    """One table: `SPEC = TableSpec(...)` in its file, all but `build` as literals.

    Attributes:
        title: heading on the page.
        caption: what a row is and how to read the columns; for the page and for LaTeX.
        reads: results it is built from, see `study.results`; a study that takes them all has the table.
        splits: `ordinary`, without the corrupted copies of the test split, so that a study that adds a corruption
            leaves the table as it is; `all`; or `corrupted`: all, and left out of a study without corrupted splits.
        units: of the columns of numbers that no result it reads has; interval ends and ratios need none.
        build: frames, one per result, every row carrying its cell (regime, method, level, split) -> the table.
    """

    name: str
    title: str
    caption: str
    reads: tuple[str, ...]
    build: Callable[[Frames], pd.DataFrame]
    splits: str = "ordinary"
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FigureSpec:
    """One figure: `SPEC = FigureSpec(...)` in its file, all but `build` as literals.

    Attributes:
        reads: names of the report's tables it is drawn from.
        wants: keys of the config that must give something, such as "generalisation.train_sizes".
        images: whether it shows images: `frames["images"]` then has `example_id` and `pixels` (h, w) or (h, w, 3)
            uint8 for every example_id in the tables it reads.
        build: frames, one a table -> figure.
    """

    name: str
    title: str
    caption: str
    reads: tuple[str, ...]
    build: Callable[[Frames], "Figure"]
    wants: tuple[str, ...] = ()
    images: bool = False
