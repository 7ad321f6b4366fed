"""Which tables and figures a study's report has, and the files that each is built from."""

from typing import Any

from lethe.core import registry
from lethe.study import paths
from lethe.study.grid import Grid

# What a table reads: kinds of per-cell files, most of which find_pies writes.
CELL_TABLES = {
    "pies": paths.PIES,
    "shares": paths.PIES.replace(".parquet", ".shares.parquet"),
    "classes": paths.PIES.replace(".parquet", ".classes.parquet"),
    "by_size": paths.PIES.replace(".parquet", ".by_size.parquet"),
    "seeds": paths.PIES.replace(".parquet", ".seeds.parquet"),
    "cost": paths.COST,
    "latency": paths.LATENCY,
    "probes": paths.PROBES,
    "curves": paths.CURVES,
    "generalisation": paths.GENERALISATION,
}
# What the dense networks have as well.
OF_DENSE = {"cost", "probes", "curves", "generalisation"}


def tables_of(grid: Grid) -> list[str]:
    """Names of the tables of a study: all but those that read something which it leaves out."""
    asked = {"latency": grid.study.cost.latency, "probes": grid.study.evaluation.probes}
    left_out = {kind for kind, is_asked in asked.items() if not is_asked}
    names = _reading_none_of(left_out, registry.TABLES)
    return [name for name in names if grid.corrupted_splits or _splits(name) != "corrupted"]


def figures_of(grid: Grid) -> list[str]:
    """Names of the figures of a study: all but those that read a table which it does not have."""
    absent = set(registry.names(registry.TABLES)) - set(tables_of(grid))
    left_out = set() if grid.study.generalisation.train_sizes else {"training_size"}
    return [name for name in _reading_none_of(absent, registry.FIGURES) if name not in left_out]


def cells_of(grid: Grid, table: str) -> list[str]:
    """Per-cell files that a table is built from; those of dense networks too, where they have one."""
    return [path for pattern, chosen in kinds_of(table) for path in grid.paths(pattern, **chosen)]


def kinds_of(table: str) -> list[tuple[str, dict[str, Any]]]:
    """Patterns of the per-cell files that a table is built from, each with the cells and splits that it takes."""
    kinds, corrupted = registry.literal(registry.TABLES, table, "reads"), _splits(table) != "ordinary"
    found = [(CELL_TABLES[kind], {"dense": kind in OF_DENSE, "corrupted": corrupted}) for kind in kinds]
    baselines = [paths.BASELINES.replace("{part}", part) for part in ("pixels", "seeds{block}") if "probes" in kinds]
    return found + [(pattern, {}) for pattern in baselines]


def examples_of(grid: Grid) -> list[str]:
    """Tables of examples of the ordinary splits: they name the classes."""
    return [grid.named(paths.EXAMPLES).format(split=split) for split in grid.ordinary_splits]


def images_for(grid: Grid, figure: str) -> list[str]:
    """Files of the pixels that a figure shows, in the order of the examples; none for most figures."""
    if not registry.literal(registry.FIGURES, figure, "images", default=False):
        return []
    return [path.replace(".parquet", ".npy") for path in examples_of(grid)]


def page_files() -> list[str]:
    """Files that decide how the page looks, as `code_version` takes them."""
    files = sorted((registry.LIBRARY / "report").glob("page.*"))
    return [*(f"lethe/report/{file.name}" for file in files), "lethe/report/methods.html.j2"]


def _reading_none_of(left_out: set[str], room: str) -> list[str]:
    """Names of a room of the report, less those that read something which is left out."""
    return [name for name in registry.names(room) if not left_out & set(registry.literal(room, name, "reads"))]


def _splits(table: str) -> str:
    """Which splits a table is built from: `ordinary`, `all`, or `corrupted`: all, but only if there are such."""
    return str(registry.literal(registry.TABLES, table, "splits", default="ordinary"))
