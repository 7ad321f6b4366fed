"""Compress the networks of a block after training, by one method at one level."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.compress.compressor import read_compressor
from lethe.compress.post_hoc import compress_block
from lethe.compress.spec import CompressSpec
from lethe.core import cli
from lethe.data.store import open_split
from lethe.networks.checkpoint import read_block, write_block
from lethe.networks.compute import choose_compute
from lethe.store.files import writing
from lethe.store.schema import LABELLED, PARTS
from lethe.store.tables import read_table
from lethe.study import entry_job


def main(
    dense: Path,
    output: Path,
    *,
    data: Annotated[Path, typer.Option(help="folder with train.npy and train.parquet")],
    method: cli.Method,
    level: cli.Level,
    plugin: cli.Plugin = None,
    options: Annotated[str, typer.Option(help="the method's options as JSON")] = "{}",
    device: str = "auto",
    precision: str = "auto",
    channels: cli.Channels = None,
    labelled: cli.Labelled = None,
    part: cli.Part = None,
    code_version: str = "",
) -> None:
    """Compress every network of a dense block."""
    with writing(output):
        compressor = read_compressor(
            CompressSpec, name=method, plugin=plugin or method, level=level, options=options, channels=channels
        )
        train = open_split(data / "train.npy", data / "train.parquet")
        block = compress_block(
            read_block(dense),
            train,
            compressor,
            choose_compute(device, precision),
            labelled=None if labelled is None else read_table(labelled, LABELLED),
            parts=None if part is None else read_table(part, PARTS),
            code_version=code_version,
        )
        write_block(output, block.states, block.record)


if __name__ == "__main__":
    entry_job.run(main)
