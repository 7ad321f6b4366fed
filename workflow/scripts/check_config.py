"""Check the options of every plug-in that a study names; reads the study's JSON from standard input."""

import sys
from typing import Annotated

import typer

from lethe.core import cli
from lethe.core.config import Study
from lethe.core.options import check_options


def main(where: Annotated[str, typer.Option(help="file that the study came from, for messages")]) -> None:
    """Exit with 1 and one line a mistake if an option is unknown or not allowed."""
    check_options(Study.model_validate_json(sys.stdin.read()), where=where)


if __name__ == "__main__":
    cli.run(main)
