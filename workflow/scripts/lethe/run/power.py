"""What a study will be able to see: how small a shift its seeds detect, from its dense networks or from a guess."""

import math
from pathlib import Path

import numpy as np

from lethe.core.errors import LetheError
from lethe.pies.population import read_population
from lethe.pies.power import POWER, detectable_shift, null_of_images, seeds_needed
from lethe.store.schema import EXAMPLES
from lethe.store.tables import read_table
from lethe.study import paths
from lethe.study.grid import Cell, Grid
from lethe.study.results import NEEDED_BY_PIES, result

# Until there are networks: one image in ten is contested, on which two of them disagree in three cases of ten.
CONTESTED, DISAGREEING, IMAGES = 0.1, 0.3, 10_000


def power_sentences(grid: Grid) -> list[str]:
    """One sentence per regime whose dense networks have predicted, or one from a guess that is stated."""
    split, count = grid.splits[0], grid.study.seeds.count
    found = []
    for regime in grid.study.regimes:
        null = _null(grid, regime, split)
        if null is not None:
            found.append(f"{regime}: {_sentence(null, count)}, from the dense networks that are there.")
    if found:
        return found
    images = _images(grid, split) or IMAGES
    guess = np.where(np.arange(images) < CONTESTED * images, DISAGREEING, 0.0)
    return [
        f"{_sentence(guess, count)}, if two dense networks disagree on {100 * CONTESTED * DISAGREEING:g} % of "
        f"{images} images ({100 * CONTESTED:g} % are contested)."
    ]


def _sentence(null: np.ndarray, count: int) -> str:
    """What so many seeds detect, and how many would detect half of it."""
    shift = detectable_shift(null, count)
    if math.isnan(shift):
        fewest = next(n for n in range(2, 100) if not math.isnan(detectable_shift(null, n)))
        return f"{count} seeds can show no change, as no p value can reach 0.05; at least {fewest} are needed"
    half = seeds_needed(null, shift / 2)
    more = "" if half is None else f" ({half} seeds: {_points(shift / 2)})"
    return f"{count} seeds find a shift of {_points(shift)} in {100 * POWER:.0f} of 100 studies, at worst{more}"


def _points(shift: float) -> str:
    return f"{100 * shift:.2g} points"


def _null(grid: Grid, regime: str, split: str) -> np.ndarray | None:
    """Of every image, the share of pairs of a regime's dense networks that disagree; None before there are any."""
    cell = Cell.dense(regime)
    pattern = grid.named(f"{paths.STUDY}/{result(NEEDED_BY_PIES).path}")
    names = {"regime": regime, "method": cell.method, "level": cell.level, "split": split}
    files = [Path(pattern.format(**names, block=block)) for block in grid.blocks]
    if not all(file.is_file() for file in files):
        return None
    try:
        return null_of_images(read_population(files).predictions)
    except LetheError:  # damaged, or of another plan: told elsewhere
        return None


def _images(grid: Grid, split: str) -> int | None:
    """How many images a split has; None before they were prepared."""
    file = Path(grid.named(paths.EXAMPLES).format(split=split))
    try:
        return len(read_table(file, EXAMPLES))
    except LetheError:
        return None
