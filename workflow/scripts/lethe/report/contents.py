"""Which tables and figures a study's report has, and the files that each is built from."""

from lethe.core import registry
from lethe.study import paths
from lethe.study.grid import Grid
from lethe.study.needs import Files, own_files
from lethe.study.results import STAGES, result


def tables_of(grid: Grid) -> list[str]:
    """Tables whose results the study takes, but those of corrupted splits in a study without any."""
    return [
        name
        for name in registry.names(registry.TABLES)
        if set(_reads(registry.TABLES, name)) <= {*STAGES, *grid.study.asked_measures}
        and (grid.corrupted_splits or _splits(name) != "corrupted")
    ]


def figures_of(grid: Grid) -> list[str]:
    """Figures whose tables the report has, and for which the config gives what they show."""
    tables = set(tables_of(grid))
    return [
        name
        for name in registry.names(registry.FIGURES)
        if set(_reads(registry.FIGURES, name)) <= tables
        and all(grid.study.has_any(key) for key in registry.literal(registry.FIGURES, name, "wants", default=()))
    ]


def table_files(name: str, grid: Grid) -> list[Files]:
    """The files of every result that a table reads, in the order of the study."""
    takes_corrupted = _splits(name) != "ordinary"
    return [
        own_files(result(read), grid, grid.splits if takes_corrupted else grid.ordinary_splits)
        for read in _reads(registry.TABLES, name)
    ]


def files_of(grid: Grid, table: str) -> list[str]:
    """Every file that a table is built from."""
    return [path for files in table_files(table, grid) for path in files.paths]


def examples_of(grid: Grid) -> list[str]:
    """Tables of examples of the ordinary splits: they name the classes."""
    return [grid.named(paths.EXAMPLES).format(split=split) for split in grid.ordinary_splits]


def images_for(grid: Grid, figure: str) -> list[str]:
    """Files of the pixels that a figure shows, in the order of the examples; none for most figures."""
    if not registry.literal(registry.FIGURES, figure, "images", default=False):
        return []
    return [path.replace(".parquet", ".npy") for path in examples_of(grid)]


def page_files() -> list[str]:
    """Files that decide how the page looks and what it says, as `code_version` takes them."""
    files = sorted((registry.LIBRARY / "report").glob("page.*"))
    # A table's own file says which of its columns are shown, and how.
    rooms = (registry.SENTENCES, registry.TABLES)
    plugins = [f"lethe/{room}/{name}.py" for room in rooms for name in registry.names(room)]
    return [*(f"lethe/report/{file.name}" for file in files), "lethe/report/methods.html.j2", *plugins]


def figure_tables(name: str) -> list[str]:
    """Tables that a figure is drawn from."""
    return list(_reads(registry.FIGURES, name))


def _reads(room: str, name: str) -> tuple[str, ...]:
    reads: tuple[str, ...] = registry.literal(room, name, "reads")
    return reads


def _splits(table: str) -> str:
    return str(registry.literal(registry.TABLES, table, "splits", default="ordinary"))
