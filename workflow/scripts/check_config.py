"""Check the options of a study's plug-ins, and its network; reads the study's JSON from standard input."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from lethe.compress.feasible import check_compression
from lethe.core import cli
from lethe.study.config import Study
from lethe.study.options import check_options, named_files


def main(
    where: Annotated[str, typer.Option(help="file that the study came from, for messages")],
    cache: Annotated[Path | None, typer.Option(help="folder that remembers what networks said")] = None,
) -> None:
    """Exit with 1 and one line per mistake: options that are not allowed, a network or levels that do not fit.

    Prints the files that options name, as JSON by part of the config.
    """
    study = Study.model_validate_json(sys.stdin.read())
    check_options(study, where=where)
    check_compression(study, where=where, cache=cache)
    print(json.dumps({part: list(map(str, files)) for part, files in named_files(study).items()}))


if __name__ == "__main__":
    cli.run(main)
