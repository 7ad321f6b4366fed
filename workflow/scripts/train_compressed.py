"""Train one block of seeds of one regime while a method compresses its networks."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.compress.compressor import read_compressor
from lethe.compress.in_training import plan_compressed
from lethe.compress.spec import InTrainingSpec
from lethe.core import cli
from lethe.data.store import open_splits
from lethe.store.files import writing
from lethe.training.block import Outputs, make_block
from lethe.training.plan import plan_training


def main(
    checkpoint: Path,
    *,
    data: Annotated[Path, typer.Option(help="folder with train.npy, train.parquet, test.npy, test.parquet")],
    regime: Annotated[str, typer.Option(help="a file of lethe/regimes/kinds")],
    name: Annotated[str, typer.Option(help="the regime's name in the study, by default its file's")] = "",
    options: Annotated[str, typer.Option(help="the regime's options as JSON")],
    model: Annotated[str, typer.Option(help='architecture as JSON: {"name": ..., "options": {...}}')],
    seeds: Annotated[str, typer.Option(help="first and last seed: 0-4")],
    method: Annotated[str, typer.Option(help="the configured name")],
    level: Annotated[str, typer.Option(help="as it stands in the path: 0.90")],
    plugin: Annotated[str | None, typer.Option(help="file in compress/methods/, by default the method's name")] = None,
    method_options: Annotated[str, typer.Option(help="the method's options as JSON")] = "{}",
    channels: Annotated[Path | None, typer.Option(help="coupled channels; without it the network is traced")] = None,
    labelled: Annotated[Path | None, typer.Option(help="images whose labels a regime may use that uses some")] = None,
    study_seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    attempt: Annotated[int, typer.Option(help="from 2 on, a seed that is known to diverge is not trained again")] = 1,
    code_version: str = "",
) -> None:
    """Train a block of seeds under compression; a killed run goes on where it was."""
    with writing(checkpoint) as waited:
        splits = open_splits(data)
        dense = plan_training(
            splits.train,
            regime=regime,
            name=name,
            options=options,
            model=model,
            seeds=seeds,
            labelled=labelled,
            study_seed=study_seed,
            device=device,
            precision=precision,
            code_version=code_version,
        )
        compressor = read_compressor(
            InTrainingSpec, name=method, plugin=plugin or method, level=level, options=method_options, channels=channels
        )
        plan = plan_compressed(dense, compressor, splits.train)
        make_block(plan, splits, Outputs(checkpoint), attempt=attempt, waited=waited)


if __name__ == "__main__":
    cli.run(main)
