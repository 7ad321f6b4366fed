"""Fit probes to the frozen encoders of a block: what a simple classifier reads off their features."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.data.store import open_splits
from lethe.measures.results.probes import probe_block, probe_record
from lethe.networks.checkpoint import read_block
from lethe.networks.compute import choose_compute
from lethe.store.files import writing
from lethe.store.schema import PROBES
from lethe.store.tables import write_table


def main(
    checkpoint: Path,
    output: Path,
    *,
    data: Annotated[Path, typer.Option(help="folder with train and test images")],
    device: str = "auto",
    code_version: str = "",
) -> None:
    """Probe every encoder of a block with all training labels, in float32 whatever the training's precision."""
    with writing(output):
        block = read_block(checkpoint)
        splits = open_splits(data)
        rows = probe_block(block, splits, choose_compute(device, "fp32"))
        record = probe_record(block.record["regime"], block.seeds, splits.train, code_version)
        write_table(output, rows, PROBES, record)


if __name__ == "__main__":
    cli.run(main)
