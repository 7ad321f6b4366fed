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


def images_of(grid: Grid) -> list[str]:
    """Files of pixels, in the order of the examples; none where no figure of the study shows some."""
    if not any(registry.literal(registry.FIGURES, name, "images", default=False) for name in figures_of(grid)):
        return []
    return [path.replace(".parquet", ".npy") for path in examples_of(grid)]


def page_files() -> list[str]:
    """Files that decide how the page looks and what it says, as `code_version` takes them."""
    files = sorted((registry.LIBRARY / "report").glob("page.*"))
    # A table's own file says which of its columns are shown, and how.
    rooms = (registry.SENTENCES, registry.TABLES)
    plugins = [f"lethe/{room}/{name}.py" for room in rooms for name in registry.names(room)]
    return [*(f"lethe/report/{file.name}" for file in files), "lethe/report/methods.html.j2", *plugins]


def figure_tables(grid: Grid) -> list[str]:
    """Tables that the study's figures are drawn from."""
    read = {table for name in figures_of(grid) for table in _reads(registry.FIGURES, name)}
    return [name for name in tables_of(grid) if name in read]


def figure_files(grid: Grid) -> list[str]:
    """Files that decide how the study's figures look, as `code_version` takes them."""
    return [f"lethe/report/figures/{name}.py" for name in figures_of(grid)]


def figure_words(grid: Grid) -> dict[str, tuple[str, str]]:
    """Title and caption of every figure of the study, by name."""
    room = registry.FIGURES
    return {
        name: (registry.literal(room, name, "title"), registry.literal(room, name, "caption"))
        for name in figures_of(grid)
    }


def _reads(room: str, name: str) -> tuple[str, ...]:
    reads: tuple[str, ...] = registry.literal(room, name, "reads")
    return reads


def _splits(table: str) -> str:
    return str(registry.literal(registry.TABLES, table, "splits", default="ordinary"))
