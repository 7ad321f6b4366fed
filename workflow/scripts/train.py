"""Train one block of seeds of one regime: a checkpoint, and the test examples' trajectories."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.core.files import writing
from lethe.training.job import TrainingJob, train_job


def main(
    checkpoint: Path,
    trajectories: Path,
    *,
    data: Annotated[Path, typer.Option(help="folder with train.npy, train.parquet, test.npy, test.parquet")],
    regime: Annotated[str, typer.Option(help="a file of lethe/regimes")],
    options: Annotated[str, typer.Option(help="the regime's options as JSON")],
    model: Annotated[str, typer.Option(help='architecture as JSON: {"name": ..., "options": {...}}')],
    seeds: Annotated[str, typer.Option(help="first and last seed: 0-4")],
    study_seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    attempt: Annotated[int, typer.Option(help="from 2 on, a seed that is known to diverge is not trained again")] = 1,
    code_version: str = "",
) -> None:
    """Train a block of seeds; a killed run goes on where it was."""
    with writing(checkpoint) as waited:
        job = TrainingJob(data, regime, options, model, seeds, study_seed, device, precision, code_version)
        train_job(job, checkpoint, trajectories, attempt=attempt, waited=waited)


if __name__ == "__main__":
    cli.run(main)
