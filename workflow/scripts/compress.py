"""Compress the networks of a block after training, by one method at one level."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.compress.post_hoc import Order, compress_block
from lethe.core import cli, registry
from lethe.core.files import writing
from lethe.data.store import open_split
from lethe.training.checkpoint import read_block, write_block
from lethe.training.compute import choose_compute


def main(
    dense: Path,
    output: Path,
    *,
    data: Annotated[Path, typer.Option(help="folder with train.npy and train.parquet")],
    method: Annotated[str, typer.Option(help="the configured name")],
    level: Annotated[str, typer.Option(help="as it stands in the path: 0.90")],
    plugin: Annotated[str | None, typer.Option(help="file in compress/, by default the method's name")] = None,
    options: Annotated[str, typer.Option(help="the method's options as JSON")] = "{}",
    device: str = "auto",
    precision: str = "auto",
    code_version: str = "",
) -> None:
    """Compress every network of a dense block."""
    with writing(output):
        spec = registry.load("compress", plugin or method)
        order = Order(method, spec, spec.Options.model_validate_json(options), level, code_version)
        train = open_split(data / "train.npy", data / "train.parquet")
        block = compress_block(read_block(dense), train, order, choose_compute(device, precision))
        write_block(output, block.states, block.record)


if __name__ == "__main__":
    cli.run(main)
