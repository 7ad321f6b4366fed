"""Write the report: one self-contained HTML page, and its headlines as plain text."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.report.page import make_page
from lethe.store.files import writing
from lethe.study import entry_job


def main(
    html: Annotated[Path, typer.Argument(help="Output: the page.")],
    text: Annotated[Path, typer.Argument(help="Output: the headlines.")],
    stored: Annotated[Path, typer.Argument(help="Output: the study's config, beside its results.")],
    parts: Annotated[list[Path], typer.Argument(help="Tables (.parquet) and figures (.png) of the report.")],
    study: Annotated[str, typer.Option(help="The study's config as JSON.")],
    examples: Annotated[list[Path] | None, typer.Option(help="Tables of examples, for class names; repeat.")] = None,
    code_version: Annotated[str, typer.Option(help="Shown under provenance.")] = "not recorded",
) -> None:
    """Write the report's page."""
    with writing(html):
        make_page(
            parts, study=study, examples=examples or [], code_version=code_version, html=html, text=text, stored=stored
        )


if __name__ == "__main__":
    entry_job.run(main)
