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
from lethe.study import entry_job
from lethe.training.block import Outputs, make_block
from lethe.training.plan import plan_training


def main(
    checkpoint: Path,
    *,
    data: cli.DataFolder,
    regime: cli.Regime,
    name: cli.RegimeName = "",
    options: cli.RegimeOptions,
    model: cli.Model,
    seeds: cli.Seeds,
    method: cli.Method,
    level: cli.Level,
    plugin: cli.Plugin = None,
    method_options: Annotated[str, typer.Option(help="the method's options as JSON")] = "{}",
    channels: cli.Channels = None,
    labelled: cli.Labelled = None,
    part: cli.Part = None,
    study_seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    attempt: cli.Attempt = 1,
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
            part=part,
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
    entry_job.run(main)
