"""A whole study by `lethe run`, its jobs forked from a warm server, against every job started by itself."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from digits import SCRIPTS, one_thread
from rounds import interleave, table

from lethe.core import cli

ROOT = SCRIPTS.parents[1]
PARTS = ("Snakefile", "config.yaml", "rules", "studies", "workflow", "profiles", "envs")


def main(
    config: Annotated[str, typer.Option(help="the study, as a path in the repository")] = "studies/smoke.yaml",
    rounds: int = 5,
) -> None:
    """Print seconds and ratios; every run starts from nothing in a copy of the workflow."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "lethe"
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            folder.mkdir(exist_ok=True)
            copy(ROOT / part, folder / part)
        ways = {
            "warm": lambda: _run(folder, config, "--warm-starts"),
            "every job by itself": lambda: _run(folder, config, "--no-warm-starts"),
        }
        typer.echo(table(interleave(ways, rounds=rounds)))


def _run(folder: Path, config: str, option: str) -> None:
    shutil.rmtree(folder / "results", ignore_errors=True)
    command = [sys.executable, "-m", "lethe", "run", "--config", config, option]
    variables = {**one_thread(), "PYTHONPATH": str(folder / "workflow/scripts")}
    subprocess.run(command, cwd=folder, env=variables, check=True, capture_output=True)


if __name__ == "__main__":
    cli.run(main)
