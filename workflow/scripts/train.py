"""Train one block of seeds of one regime: a checkpoint, the trajectories of all examples, and curves over training."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.data.store import open_splits
from lethe.data.twins import Twin
from lethe.store.files import writing
from lethe.study import entry_job
from lethe.training.block import Outputs, make_block
from lethe.training.plan import plan_training


def main(
    checkpoint: Path,
    trajectories: Annotated[Path | None, typer.Argument(help="of all examples, where they are wanted")] = None,
    curves: Annotated[Path | None, typer.Argument(help="over training, where they are wanted")] = None,
    snapshots: Annotated[Path | None, typer.Argument(help="networks along training, where they are wanted")] = None,
    *,
    data: cli.DataFolder,
    regime: cli.Regime,
    name: cli.RegimeName = "",
    options: cli.RegimeOptions,
    model: cli.Model,
    seeds: cli.Seeds,
    labelled: cli.Labelled = None,
    part: cli.Part = None,
    label_noise: Annotated[float, typer.Option(help="share of training labels replaced by random ones")] = 0.0,
    train_size: Annotated[int | None, typer.Option(help="a stratified part of the training images")] = None,
    study_seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    attempt: cli.Attempt = 1,
    code_version: str = "",
) -> None:
    """Train a block of seeds; a killed run goes on where it was."""
    with writing(checkpoint) as waited:
        splits = open_splits(data)
        plan = plan_training(
            splits.train,
            regime=regime,
            name=name,
            options=options,
            model=model,
            seeds=seeds,
            labelled=labelled,
            part=part,
            twin=Twin(label_noise, train_size),
            study_seed=study_seed,
            device=device,
            precision=precision,
            code_version=code_version,
        )
        make_block(plan, splits, Outputs(checkpoint, trajectories, curves, snapshots), attempt=attempt, waited=waited)


if __name__ == "__main__":
    entry_job.run(main)
