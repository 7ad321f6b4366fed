"""Print a table of a study's cells: done, running, missing, orphaned; and how far running jobs are."""

from typing import Annotated

import typer

from lethe.core import cli
from lethe.run.status import Stage
from lethe.run.status_table import print_status
from lethe.study.config import Study
from lethe.study.grid import Grid


def main(
    study: Annotated[str, typer.Argument(help="the study's config as JSON")],
    checkpoints: Annotated[str, typer.Option(help="pattern of the paths")],
    evaluations: Annotated[str, typer.Option(help="pattern of the paths")],
    pies: Annotated[str, typer.Option(help="pattern of the paths")],
) -> None:
    """Look at every artefact that the config asks for; write nothing."""
    grid = Grid(Study.model_validate_json(study))
    print_status(
        [
            Stage("checkpoints", grid.named(checkpoints), tuple(grid.paths(checkpoints))),
            Stage("evaluations", grid.named(evaluations), tuple(grid.paths(evaluations))),
            Stage("PIE sets", grid.named(pies), tuple(grid.paths(pies, dense=False))),
        ]
    )


if __name__ == "__main__":
    cli.run(main)
