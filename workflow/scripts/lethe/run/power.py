"""What a study will be able to see: how small a shift its seeds detect, from its dense networks or from a guess."""

import math
from pathlib import Path

import numpy as np

from lethe.core.errors import LetheError
from lethe.pies.population import read_population
from lethe.pies.power import POWER, detectable_shift, seeds_needed, variance_before, variance_of_guess
from lethe.report.spoken import size
from lethe.store.schema import EXAMPLES
from lethe.store.tables import read_table
from lethe.study import paths
from lethe.study.grid import Cell, Grid
from lethe.study.results import NEEDED_BY_PIES, result

# Networks of which the variance can be estimated.
FEWEST = 4
# Until there are networks: one image in ten is contested, on which two of them disagree in three cases of ten.
CONTESTED, DISAGREEING, IMAGES = 0.1, 0.3, 10_000


def power_sentences(grid: Grid) -> list[str]:
    """One sentence per regime whose dense networks have predicted, or one from a guess that is stated."""
    count, split = grid.study.seeds.count, "test" if "test" in grid.splits else grid.splits[0]
    found = []
    for regime in grid.study.regimes:
        votes = _votes(grid, regime, split)
        if votes is None or len(votes) < FEWEST:
            continue
        variance = variance_before(votes)
        if variance == 0:
            found.append(
                f"{regime}: its dense networks differ on too few {split} images to say what its seeds will find."
            )
        else:
            told = _sentence(variance, votes.shape[1], count)
            found.append(f"{regime}: {told}, if compressed networks vary as its dense ones do on the {split} images.")
    if found:
        return found
    images = _images(grid, split) or IMAGES
    guess = np.where(np.arange(images) < CONTESTED * images, DISAGREEING, 0.0)
    return [
        f"{_sentence(variance_of_guess(guess), images, count)}, if two networks disagree on "
        f"{100 * CONTESTED * DISAGREEING:g} % of {images} images: in {10 * DISAGREEING:g} of 10 cases on one image in "
        f"{1 / CONTESTED:g}, and never on the others (a guess until dense networks have predicted)."
    ]


def _sentence(variance: float, images: int, count: int) -> str:
    """What so many seeds detect, and how many would detect half of it."""
    shift = detectable_shift(variance, images, count)
    if math.isnan(shift):
        fewest = next(n for n in range(2, 100) if not math.isnan(detectable_shift(variance, images, n)))
        return (
            f"{count} seeds cannot show that networks change which are compressed after training, as no p value can "
            f"reach 0.05; {fewest} seeds find a shift of {size(detectable_shift(variance, images, fewest))} in "
            f"{100 * POWER:.0f} of 100 studies"
        )
    half = seeds_needed(variance, images, shift / 2)
    more = "" if half is None else f" ({half} seeds: {size(shift / 2)})"
    return (
        f"{count} seeds find a shift between single networks of {size(shift)} in {100 * POWER:.0f} of 100 studies{more}"
    )


def _votes(grid: Grid, regime: str, split: str) -> np.ndarray | None:
    """Predictions of a regime's dense networks; None before there are any."""
    cell = Cell.dense(regime)
    pattern = grid.named(f"{paths.STUDY}/{result(NEEDED_BY_PIES).path}")
    names = {"regime": regime, "method": cell.method, "level": cell.level, "split": split}
    files = [Path(pattern.format(**names, block=block)) for block in grid.blocks]
    if not all(file.is_file() for file in files):
        return None
    try:
        return read_population(files).predictions
    except LetheError:  # damaged, or of another plan: told elsewhere
        return None


def _images(grid: Grid, split: str) -> int | None:
    """How many images a split has; None before they were prepared."""
    file = Path(grid.named(paths.EXAMPLES).format(split=split))
    try:
        return len(read_table(file, EXAMPLES))
    except LetheError:
        return None
