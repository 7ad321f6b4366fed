"""Draw one figure of the report from its tables, as PNG and PDF."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.report.draw import make_figure
from lethe.store.files import writing

Repeated = Annotated[list[Path] | None, typer.Option(help="Repeat for each split; gives class names and pixels.")]


def main(
    figure: Annotated[str, typer.Argument(help="Name of a file in report/figures.")],
    png: Annotated[Path, typer.Argument(help="Output.")],
    pdf: Annotated[Path, typer.Argument(help="Output.")],
    tables: Annotated[list[Path], typer.Argument(help="Tables of the report (parquet); those it reads are used.")],
    images: Repeated = None,
    examples: Repeated = None,
) -> None:
    """Draw one figure of the report."""
    with writing(png):
        make_figure(figure, tables, images=images or [], examples=examples or [], png=png, pdf=pdf)


if __name__ == "__main__":
    cli.run(main)
