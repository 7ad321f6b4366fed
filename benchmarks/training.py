"""R1 and R2: a population trained by the workflow's own script in blocks, against one process per seed.

Every way trains the same network on the same images for the same number of epochs with the same optimiser and
augmentation, in as many processes at a time; start-up counts, as it does for a user. The usual way reads through a
DataLoader with a worker, augments image by image with torchvision and leaves the number of threads to torch; "well
set" is the same with one thread and without a worker.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from digits import NETWORK, SCRIPTS, all_threads, one_thread, prepare_digits
from rounds import interleave, table

from lethe.core import cli

USUAL = Path(__file__).with_name("usual_training.py")
BATCH, RATE = 32, 0.15


def main(
    seeds: Annotated[int, typer.Option(help="networks in the population, a multiple of the processes")] = 4,
    epochs: int = 3,
    processes: Annotated[int, typer.Option(help="processes at a time")] = 2,
    rounds: int = 5,
) -> None:
    """Print seconds and ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare_digits(folder)
        size = seeds // processes
        blocks = [range(first, first + size) for first in range(0, seeds, size)]
        ways = {
            f"{processes} blocks of {size}, one thread": partial(_blocks, folder, blocks, epochs),
            "usual: a process a seed, default threads": partial(_usual, folder, seeds, epochs, processes, threads=0),
            "well set: a process a seed, one thread": partial(_usual, folder, seeds, epochs, processes, threads=1),
        }
        typer.echo(table(interleave(ways, rounds=rounds)))


def _blocks(folder: Path, blocks: Sequence[range], epochs: int) -> None:
    """Train all blocks, a process each."""
    options = json.dumps({"epochs": epochs, "batch_size": BATCH, "learning_rate": RATE})
    model = json.dumps({"name": "resnet", "options": NETWORK})
    common = ["--data", folder, "--regime", "supervised", "--options", options, "--model", model, "--device", "cpu"]
    commands = []
    for number, block in enumerate(blocks):
        outputs = [folder / f"{number}{ending}" for ending in (".safetensors", ".parquet", ".curves.parquet")]
        named = ["--seeds", f"{block[0]}-{block[-1]}"]
        commands.append([SCRIPTS / "train.py", *outputs, *common, *named])
    _run(commands, one_thread(), len(blocks))


def _usual(folder: Path, seeds: int, epochs: int, processes: int, *, threads: int) -> None:
    """Train every seed in a process of its own, some at a time."""
    arguments = ["--epochs", epochs, "--batch-size", BATCH, "--learning-rate", RATE, "--workers", 0 if threads else 1]
    commands = [[USUAL, folder, folder / f"usual{seed}.pt", "--seed", seed, *arguments] for seed in range(seeds)]
    _run(commands, one_thread() if threads else all_threads(), processes)


def _run(commands: Sequence[Sequence[object]], environment: dict[str, str], processes: int) -> None:
    def run(command: Sequence[object]) -> None:
        line = [sys.executable, *map(str, command)]
        subprocess.run(line, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(run, commands))


if __name__ == "__main__":
    cli.run(main)
