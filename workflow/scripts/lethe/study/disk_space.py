"""Whether the disk has room for the networks that a study still has to write: a lower bound, told before any job."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.study.config import Study
from lethe.study.grid import Cell, Grid
from lethe.study.paths import CHECKPOINT, STUDY

DECIDES_NO_RESULT = "refuses a study before any job"

# Methods whose networks are as large on disk as the dense one; others remove or merge channels.
_AS_LARGE = ("sparsity", "bits")


def check_disk_space(study: Study, network_bytes: int, *, where: str) -> None:
    """Refuse a study whose missing checkpoints alone do not fit on the disk that its results lie on.

    Args: network_bytes: of one dense network.
    Raises: ConfigError: with what is needed and what is free.
    """
    folder = Path(Grid(study).named(STUDY)).resolve()
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(place).free
    needed = sum(1 for _ in _missing(Grid(study))) * study.seeds.block * network_bytes
    if needed > free:
        raise ConfigError(
            f"{where}: the networks still to be written take {_gigabytes(needed)} at least, but {place} has "
            f"{_gigabytes(free)} free; make room, or ask for fewer seeds or levels"
        )


def _missing(grid: Grid) -> Iterator[Path]:
    """Checkpoints that are not there and will be as large as a dense one."""
    for cell in grid.cells:
        if not _is_as_large(grid, cell):
            continue
        pattern = grid.named(CHECKPOINT)
        for block in grid.blocks:
            path = Path(pattern.format(regime=cell.regime, method=cell.method, level=cell.level, block=block))
            if not path.exists():
                yield path


def _is_as_large(grid: Grid, cell: Cell) -> bool:
    """Whether the networks of a cell keep the shape of the dense ones."""
    return cell.is_dense or registry.literal(registry.METHODS, grid.plugin(cell.method), "level_kind") in _AS_LARGE


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
