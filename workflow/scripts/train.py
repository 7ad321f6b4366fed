"""Train one block of seeds of one regime: a checkpoint, the test examples' trajectories, and curves over training."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.data.store import open_splits
from lethe.data.twins import Twin
from lethe.store.files import writing
from lethe.training.block import Outputs, make_block
from lethe.training.plan import plan_training


def main(
    checkpoint: Path,
    trajectories: Annotated[Path | None, typer.Argument(help="of the test examples, where they are wanted")] = None,
    curves: Annotated[Path | None, typer.Argument(help="over training, where they are wanted")] = None,
    *,
    data: Annotated[Path, typer.Option(help="folder with train.npy, train.parquet, test.npy, test.parquet")],
    regime: Annotated[str, typer.Option(help="a file of lethe/regimes/kinds")],
    name: Annotated[str, typer.Option(help="the regime's name in the study, by default its file's")] = "",
    options: Annotated[str, typer.Option(help="the regime's options as JSON")],
    model: Annotated[str, typer.Option(help='architecture as JSON: {"name": ..., "options": {...}}')],
    seeds: Annotated[str, typer.Option(help="first and last seed: 0-4")],
    labelled: Annotated[Path | None, typer.Option(help="images whose labels a regime may use that uses some")] = None,
    label_noise: Annotated[float, typer.Option(help="share of training labels replaced by random ones")] = 0.0,
    train_size: Annotated[int | None, typer.Option(help="a stratified part of the training images")] = None,
    study_seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    attempt: Annotated[int, typer.Option(help="from 2 on, a seed that is known to diverge is not trained again")] = 1,
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
            twin=Twin(label_noise, train_size),
            study_seed=study_seed,
            device=device,
            precision=precision,
            code_version=code_version,
        )
        make_block(plan, splits, Outputs(checkpoint, trajectories, curves), attempt=attempt, waited=waited)


if __name__ == "__main__":
    cli.run(main)
