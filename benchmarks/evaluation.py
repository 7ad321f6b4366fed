"""R5: one job that evaluates a block of seeds, against one job per checkpoint, both by the workflow's own script."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from digits import NETWORK, SCRIPTS, one_thread, prepare_digits
from rounds import interleave, table

from lethe.core import cli
from lethe.networks.build import Architecture, build_classifier
from lethe.networks.checkpoint import write_block


def main(seeds: Annotated[int, typer.Option(help="networks in the block")] = 6, rounds: int = 5) -> None:
    """Print seconds and ratios; networks are untrained, which takes as long."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare_digits(folder)
        blocks = [list(range(seeds)), *([seed] for seed in range(seeds))]
        whole, *single = [_checkpoint(folder, block) for block in blocks]
        ways = {
            f"one job, a block of {seeds}": lambda: _evaluate(folder, whole),
            f"{seeds} jobs, one after the other": lambda: [_evaluate(folder, checkpoint) for checkpoint in single],
        }
        typer.echo(table(interleave(ways, rounds=rounds)))


def _checkpoint(folder: Path, seeds: list[int]) -> Path:
    architecture = Architecture("resnet", NETWORK, channels=1, classes=10)
    states = [build_classifier(architecture, init_seed=seed).state_dict() for seed in seeds]
    record = {
        "architecture": architecture.as_json(),
        "seeds": seeds,
        "regime": "supervised",
        "regime_plugin": "supervised",
        "method": "dense",
        "level": "0",
        "data_checksum": "",
        "code_version": "",
    }
    path = folder / f"{len(seeds)}-{seeds[0]}.safetensors"
    write_block(path, states, record)
    return path


def _evaluate(folder: Path, checkpoint: Path) -> None:
    files = [f"checkpoint={checkpoint}", *(f"split={folder / file}" for file in ("test.npy", "test.parquet"))]
    command = [sys.executable, str(SCRIPTS / "measure.py"), "predictions", *files]
    arguments = ["--output", str(checkpoint.with_suffix(".parquet")), "--split", "test", "--device", "cpu"]
    subprocess.run([*command, *arguments], env=one_thread(), check=True)


if __name__ == "__main__":
    cli.run(main)
