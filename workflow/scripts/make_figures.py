"""Draw figures of the report from its tables, each as PNG and PDF."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.report.draw import make_figures
from lethe.store.files import writing
from lethe.study import entry_job

Repeated = Annotated[list[Path] | None, typer.Option(help="Repeat for each split; gives class names and pixels.")]


def main(
    pngs: Annotated[list[Path], typer.Argument(help="Outputs, named like files in report/figures; PDFs lie beside.")],
    table: Annotated[list[Path], typer.Option(help="Repeat for each table of the report (parquet) that is read.")],
    images: Repeated = None,
    examples: Repeated = None,
    cores: Annotated[int, typer.Option(min=1, help="How many figures are drawn at a time.")] = 1,
    code_version: str = "",
) -> None:
    """Draw figures of the report in one process per core, which loads the drawing libraries once."""
    with writing(pngs[0]):
        found = {"images": images or [], "examples": examples or []}
        make_figures(pngs, table, **found, cores=cores, code_version=code_version)


if __name__ == "__main__":
    entry_job.run(main)
