"""Say which jobs a study would start, and how many of them need a GPU, without starting any."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.run.plan import Plan, gpu_rules, planned_jobs
from lethe.run.single_run import dry_run
from lethe.study.config_file import read_config_file


def main(
    config: Annotated[Path, typer.Option(help="the study's file")] = Path("config.yaml"),
    profile: Annotated[Path, typer.Option(help="folder of the profile that says which rules ask for a GPU")] = Path(
        "profiles/slurm"
    ),
) -> None:
    """Print one line a rule, and the sum."""
    status, text = dry_run(["--configfile", str(config)], Path())
    if status != 0:
        print(text, file=sys.stderr)
        sys.exit(1)
    print(Plan(planned_jobs(text), gpu_rules(read_config_file(profile / "config.yaml"))))


if __name__ == "__main__":
    cli.run(main)
