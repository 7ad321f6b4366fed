"""What the files of `report/tables`, `report/figures` and `report/sentences` promise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from lethe.compare.frames import Frames

if TYPE_CHECKING:  # a table's job starts in two thirds of the time without it
    from matplotlib.figure import Figure

# Where a table or figure stands that does not say it: behind all that do.
LAST = 1000


@dataclass(frozen=True)
class TableSpec:
    """One table: `SPEC = TableSpec(...)` in its file, all but `build` as literals.

    Attributes:
        title: heading on the page.
        caption: what a row is and how to read the columns; for the page and for LaTeX.
        reads: results it is built from, see `study.results`; a study that takes them all has the table.
        splits: `ordinary`, without the corrupted copies of the test split, so that a study that adds a corruption
            leaves the table as it is; `all`; or `corrupted`: all, and left out of a study without corrupted splits.
        units: of the columns of numbers that no result it reads has; the ends of an interval need none.
        headings: of columns whose name is no heading; all others are headed by the words of their name.
        said_once: columns that are told above the table, not in it, where all rows share them.
        hidden: columns for programs; people see them in captions and figures.
        order: the smaller, the earlier on the page; tables and figures of one name stand alike.
        chapter: of the page, see `report.chapters`, in which it is folded away; "" for the tables at its end.
        build: frames, one per result, every row carrying its cell (regime, method, level, split) -> the table.
    """

    name: str
    title: str
    caption: str
    reads: tuple[str, ...]
    build: Callable[[Frames], pd.DataFrame]
    splits: str = "ordinary"
    units: Mapping[str, str] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    said_once: tuple[str, ...] = ("regime", "split", "treatment", "pairing", "population")
    hidden: tuple[str, ...] = ()
    order: int = LAST
    chapter: str = ""


@dataclass(frozen=True)
class Column:
    """One column to print: a heading, a text per row, and the value per row that sorting goes by."""

    heading: str
    texts: tuple[str, ...]
    keys: tuple[float | str, ...]

    @cached_property
    def is_number(self) -> bool:
        """Whether it is set flush right."""
        return not any(isinstance(key, str) for key in self.keys)


@dataclass(frozen=True)
class FigureSpec:
    """One figure: `SPEC = FigureSpec(...)` in its file, all but `build` as literals.

    Attributes:
        reads: names of the report's tables it is drawn from.
        wants: keys of the config that must give something, such as "generalisation.train_sizes".
        images: whether it shows images: `frames["images"]` then has `example_id` and `pixels` (h, w) or (h, w, 3)
            uint8 for every example_id in the tables it reads.
        order: the smaller, the earlier on the page.
        chapter: of the page, see `report.chapters`; its first figure carries it. "" for the figures at its front.
        build: frames, one per table -> figure.
    """

    name: str
    title: str
    caption: str
    reads: tuple[str, ...]
    build: Callable[[Frames], "Figure"]
    wants: tuple[str, ...] = ()
    images: bool = False
    order: int = LAST
    chapter: str = ""


@dataclass(frozen=True)
class Facts:
    """What the tables do not say: the study's name, its data set, how many networks each population has.

    Attributes:
        margin: differences of shares within so much of 0 are called equivalent; None: none is.
        validation: how many training images are set aside, on which no network is trained.
    """

    study: str
    dataset: str
    networks: int
    class_names: Mapping[int, str] = field(default_factory=dict)
    margin: float | None = None
    validation: int | None = None


@dataclass(frozen=True)
class Headline:
    """One subject (the study, its regimes, or a method) and the sentences about it.

    Attributes: chapter: of the page, in which they stand; "" for the headlines.
    """

    subject: str
    sentences: tuple[str, ...]
    chapter: str = ""


@dataclass(frozen=True)
class SentenceSpec:
    """One group of headlines: `SPEC = SentenceSpec(...)` in its file, all but `build` as literals.

    Attributes:
        title: what it speaks of, for listings.
        reads: the report's tables that it speaks of; a report that lacks one of them lacks the group.
        may_read: tables of which it speaks where they are there.
        order: the smaller, the earlier.
        chapter: of the page, see `report.chapters`, which its sentences open; "" for the headlines.
        build: (frames, one per table; what they do not say) -> headlines; none where there is nothing to say. No claim
            beyond an interval or a q value: what could not be measured gives a sentence that says so.
    """

    name: str
    title: str
    reads: tuple[str, ...]
    build: Callable[[Frames, Facts], list[Headline]]
    may_read: tuple[str, ...] = ()
    order: int = LAST
    chapter: str = ""
