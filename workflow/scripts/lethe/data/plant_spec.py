"""What a file in `data/plants` promises: one way to make some examples of a split hard for a known reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Bool, Int64
from pydantic import AfterValidator, Field

from lethe.core.options import Strict
from lethe.data.spec import Images, Split

Rows = Int64[np.ndarray, " chosen"]
# Changes images of a split: (their positions in the split, their pixels) -> pixels of the same shape.
Change = Callable[[Rows, Images], Images]
Place = Literal["train", "validation", "test"]


def _each_once(splits: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(splits)) < len(splits):
        raise ValueError("a split is given twice; give each once")
    return splits


Places = Annotated[tuple[Place, ...], Field(min_length=1), AfterValidator(_each_once)]


class PlantOptions(Strict):
    """Which examples are made hard."""

    share: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="of the examples of each split, drawn once for the study among those that nothing else was done to",
    )
    splits: Places = Field(default=("train",), description="in which splits")


@dataclass(frozen=True)
class Ground:
    """A split in which something is planted.

    Attributes:
        name: of the split.
        split: its examples as they are so far.
        free: those that nothing was planted in yet.
        train: the training images as the data set has them, where a plant needs to know classes.
        generator: what is drawn for all of them.
        of_example: (id of an example, further numbers) -> its own randomness, whatever is planted in others.
    """

    name: str
    split: Split
    free: Bool[np.ndarray, " examples"]
    train: Split
    generator: np.random.Generator
    of_example: Callable[..., np.random.Generator]

    def draw(self, share: float, among: Bool[np.ndarray, " examples"] | None = None) -> Rows:
        """Rows of a share of all examples, or of those among which is drawn; ascending, all of them free.

        By rising id, so that the order in which a split is stored does not matter.
        """
        candidates = np.ones(len(self.split), dtype=bool) if among is None else among
        number = round(share * int(candidates.sum()))
        rows = np.flatnonzero(candidates & self.free)
        rows = rows[np.argsort(self.split.example_ids[rows], kind="stable")]
        return np.sort(self.generator.permutation(rows)[:number])


@dataclass(frozen=True)
class Planted:
    """What was done to a split.

    Attributes:
        rows: of the examples that are hard now, ascending.
        labels: their new labels; None where labels stay.
        change: of their images; None where images stay.
        kept: rows that the split keeps, ascending; None for all. Then `rows` are among them.
        attributes: further groups of all examples, those that are left out among them.
    """

    rows: Rows
    labels: Rows | None = None
    change: Change | None = None
    kept: Int64[np.ndarray, " kept"] | None = None
    attributes: Mapping[str, np.ndarray] = field(default_factory=dict)


def _all_counts(counts: tuple[int, ...], options: Any, generator: np.random.Generator) -> tuple[int, ...]:  # noqa: ARG001
    """No image is left out."""
    return counts


def _no_files(options: Any) -> list[Path]:  # noqa: ARG001
    """None but the study's own."""
    return []


@dataclass(frozen=True)
class PlantSpec:
    """One way to make examples hard: `SPEC = PlantSpec(...)` in its file, all but functions and `Options` as literals.

    Attributes:
        title: the kind of hard example, for people: "wrong label, any class".
        changes: whether "labels", "images", or the "number" of images of a class; labels are changed last, so that a
            wrong label is one of an image as it is now.
        plant: (ground, options) -> what was done.
        counts: (training images of every class, options, generator) -> how many stay.
        files: (options) -> files that it reads beside those of the data set.
    """

    name: str
    title: str
    summary: str
    source: str
    changes: Literal["labels", "images", "number"]
    plant: Callable[[Ground, Any], Planted]
    Options: type[Strict] = PlantOptions
    counts: Callable[[tuple[int, ...], Any, np.random.Generator], tuple[int, ...]] = _all_counts
    files: Callable[[Any], list[Path]] = _no_files
