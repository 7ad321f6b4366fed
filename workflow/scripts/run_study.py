"""Run a study with Snakemake, print its headlines, and say where the report is."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.run.single_run import run_snakemake
from lethe.study.config_file import read_config_file


def main(
    config: Annotated[Path, typer.Option(help="the study's file")] = Path("config.yaml"),
    profile: Annotated[Path, typer.Option(help="folder of a Snakemake profile")] = Path("profiles/local"),
) -> None:
    """Refuse while another run is alive; clear the lock of a run that died; run what is missing."""
    values = read_config_file(config)
    status = run_snakemake(["--configfile", str(config), "--profile", str(profile)], Path())
    if status != 0:
        sys.exit(1)
    results = Path("results") / values["study"]
    print((results / "headlines.txt").read_text())
    print(f"The report: {results / 'report.html'}")


if __name__ == "__main__":
    cli.run(main)
