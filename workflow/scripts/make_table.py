"""Build one table of the report from the per-cell tables of a study, as csv, parquet and LaTeX."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.report.table import make_table
from lethe.store.files import writing
from lethe.study import entry_job


def main(
    table: Annotated[str, typer.Argument(help="Name of a file in report/tables.")],
    csv: Annotated[Path, typer.Argument(help="Output: every digit.")],
    parquet: Annotated[Path, typer.Argument(help="Output: every digit.")],
    tex: Annotated[Path, typer.Argument(help="Output: rounded, booktabs.")],
    cells: Annotated[list[Path], typer.Argument(help="Per-cell tables of any result, in the order of the study.")],
    examples: Annotated[list[Path] | None, typer.Option(help="Tables of examples, for class names; repeat.")] = None,
    code_version: str = "",
) -> None:
    """Build one table of the report."""
    with writing(csv):
        make_table(table, cells, csv=csv, parquet=parquet, tex=tex, examples=examples or [], code_version=code_version)


if __name__ == "__main__":
    entry_job.run(main)
