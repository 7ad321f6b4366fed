"""Take one measure: from the files that it needs to its own."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.measures.given import Given
from lethe.measures.job import files_by_need, measure
from lethe.store.files import writing
from lethe.study import entry_job


def main(
    name: Annotated[str, typer.Argument(help="a file of lethe/measures/results")],
    files: Annotated[list[str] | None, typer.Argument(help="what it needs, as NEED=PATH; repeat for several")] = None,
    *,
    output: Annotated[Path, typer.Option(help="file to write")],
    split: Annotated[str, typer.Option(help="the split that is measured, for a measure of splits")] = "",
    options: Annotated[str, typer.Option(help="the measure's options as JSON")] = "{}",
    block: Annotated[str, typer.Option(help="first and last seed, as 0-4, for a measure of a block of seeds")] = "",
    model: Annotated[str, typer.Option(help="architecture as JSON, for a measure that builds networks")] = "",
    study_seed: Annotated[int, typer.Option(help="what the study's own draws derive from")] = 0,
    device: str = "auto",
    code_version: str = "",
) -> None:
    """Take one measure, in float32 whatever the training's precision."""
    with writing(output):
        needs = files_by_need(name, files or [])
        given = Given(needs, study_seed=study_seed, split=split, block=block, model=model, device=device)
        measure(name, options, given, output, code_version)


if __name__ == "__main__":
    entry_job.run(main)
