"""The report of a finished study made again from its files alone: without Snakemake, without torch."""

from dataclasses import dataclass
from pathlib import Path

from lethe.core.code_version import code_version
from lethe.core.errors import ConfigError, DataError
from lethe.report import contents
from lethe.report.draw import make_figures
from lethe.report.page import make_page
from lethe.report.table import make_table
from lethe.store.files import writing
from lethe.study.config_file import read_config_file, read_study_file
from lethe.study.grid import Grid

STORED_CONFIG = "study.yaml"


@dataclass(frozen=True)
class Finished:
    """A study whose files lie in a folder of any name, where the rules would write them to results/NAME."""

    grid: Grid
    folder: Path

    def located(self, paths: list[str]) -> list[Path]:
        """Paths as the rules name them, in this folder."""
        usual = f"results/{self.grid.study.study}"
        return [self.folder / Path(path).relative_to(usual) for path in paths]

    def missing(self) -> list[Path]:
        """Files that the report is made from and that are not there."""
        needed = contents.examples_of(self.grid)
        needed += [path for table in contents.tables_of(self.grid) for path in contents.files_of(self.grid, table)]
        needed += contents.images_of(self.grid)
        return [path for path in dict.fromkeys(self.located(needed)) if not path.is_file()]


def make_report(folder: Path, config: Path | None, output: Path | None) -> str:
    """Make tables, figures, page and headlines of a finished study; returns where the page is.

    Args:
        folder: results/NAME, or a copy of it anywhere.
        config: the study's file; by default the one that lies in the folder, or that of the study of its name.
        output: folder to write to, by default `folder` itself.
    Raises:
        ConfigError: the config is wrong, or there is none.
        DataError: the study is not finished.
    """
    file = config or _config_of(folder)
    finished = Finished(Grid(read_study_file(file)), folder)
    missing = finished.missing()
    if missing:
        raise DataError(
            f"{len(missing)} files are missing that the report is made from, {missing[0]} first of all; finish the "
            f"study: lethe run --config {file}"
        )
    page = (output or folder) / "report.html"
    with writing(page):
        _make_parts(finished, page)
    return f"The report: {page}"


def _config_of(folder: Path) -> Path:
    """The config that lies in a folder of results, or else the project's study that is named like the folder."""
    if (folder / STORED_CONFIG).is_file():
        return folder / STORED_CONFIG
    for file in (Path("studies") / f"{folder.name}.yaml", Path("config.yaml")):
        if file.is_file() and read_config_file(file).get("study") == folder.name:
            return file
    raise ConfigError(f"there is no {folder / STORED_CONFIG}; name the study's file: --config FILE")


def _make_parts(finished: Finished, page: Path) -> None:
    """Tables from the cells, figures from the tables, the page and its headlines from both."""
    grid, into = finished.grid, page.parent
    examples = finished.located(contents.examples_of(grid))
    tables = []
    for name in contents.tables_of(grid):
        csv, parquet, tex = (into / f"tables/{name}.{ending}" for ending in ("csv", "parquet", "tex"))
        cells = finished.located(contents.files_of(grid, name))
        version = code_version("make_table.py", f"lethe/report/tables/{name}.py")
        make_table(name, cells, csv=csv, parquet=parquet, tex=tex, examples=examples, code_version=version)
        tables.append(parquet)
    figures = [into / f"figures/{name}.png" for name in contents.figures_of(grid)]
    make_figures(
        figures,
        tables,
        images=finished.located(contents.images_of(grid)),
        examples=examples,
        code_version=code_version("make_figures.py", *contents.figure_files(grid)),
    )
    make_page(
        [*tables, *figures],
        study=grid.study_json(),
        examples=examples,
        code_version=code_version("make_page.py", *contents.page_files()),
        html=page,
        text=into / "headlines.txt",
        stored=into / STORED_CONFIG,
    )
