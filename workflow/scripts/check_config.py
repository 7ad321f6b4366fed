"""Check the options of every plug-in that a study names; reads the study's JSON from standard input."""

import sys
from typing import Annotated

import typer

from lethe.compress.enough_images import check_images
from lethe.compress.feasible import check_channel_levels
from lethe.core import cli
from lethe.data.counts import check_root
from lethe.networks.given_weights import check_weights
from lethe.study.config import Study
from lethe.study.options import check_options


def main(where: Annotated[str, typer.Option(help="file that the study came from, for messages")]) -> None:
    """Exit with 1 and one line per mistake if an option is unknown or not allowed, or a level out of reach."""
    study = Study.model_validate_json(sys.stdin.read())
    check_options(study, where=where)
    check_root(study, where=where)
    check_images(study, where=where)
    check_weights(study, where=where)
    check_channel_levels(study, where=where)


if __name__ == "__main__":
    cli.run(main)
