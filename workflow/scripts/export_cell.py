"""Export one network of a study with Snakemake, and say where its files are."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.run.single_run import run_snakemake
from lethe.study.config import read_study
from lethe.study.config_file import read_config_file
from lethe.study.grid import Grid


def main(
    cell: Annotated[str, typer.Option(help="regime/method/level: supervised/fold/0.50")],
    seed: Annotated[int, typer.Option(help="which replicate")] = 0,
    config: Annotated[Path, typer.Option(help="the study's file")] = Path("config.yaml"),
    profile: Annotated[Path, typer.Option(help="folder of a Snakemake profile")] = Path("profiles/local"),
) -> None:
    """Refuse a cell or seed that the study lacks; otherwise run what is missing and export the network."""
    grid = Grid(read_study(read_config_file(config), where=str(config)))
    chosen = grid.cell_of(cell)
    grid.block_of(seed)
    folder = Path("results") / grid.study.study / "export" / str(chosen) / f"seed{seed}"
    target = str(folder / "export.json")
    if run_snakemake([target, "--configfile", str(config), "--profile", str(profile)], Path()) != 0:
        sys.exit(1)
    print(f"The exported network: {folder}")


if __name__ == "__main__":
    cli.run(main)
