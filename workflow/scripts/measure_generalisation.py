"""Measure a block of networks and their twins on training and test images, by the true and by the given labels."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.data.store import open_splits
from lethe.measures.results.generalisation import generalisation_record, measure_blocks
from lethe.networks.checkpoint import read_block
from lethe.networks.compute import choose_compute
from lethe.store.files import writing
from lethe.store.schema import EVALUATIONS, GENERALISATION, LABELLED
from lethe.store.tables import read_table, write_table

Corrupted = Annotated[list[Path] | None, typer.Option(help="the networks' evaluation on a corrupted split; repeat")]


def main(
    output: Path,
    checkpoints: Annotated[list[Path], typer.Argument(help="the dense networks of a block of seeds, and their twins")],
    *,
    data: Annotated[Path, typer.Option(help="folder with train and test images")],
    labelled: Annotated[Path | None, typer.Option(help="images whose labels a regime could use that uses some")] = None,
    corrupted: Corrupted = None,
    device: str = "auto",
    code_version: str = "",
) -> None:
    """Write one row a (twin, seed), in float32 whatever the training's precision."""
    with writing(output):
        blocks = [read_block(checkpoint) for checkpoint in checkpoints]
        splits = open_splits(data)
        rows = measure_blocks(
            blocks,
            splits,
            choose_compute(device, "fp32"),
            labelled=None if labelled is None else read_table(labelled, LABELLED),
            corrupted=[read_table(path, EVALUATIONS, ["seed", "label", "prediction"]) for path in corrupted or []],
        )
        write_table(output, rows, GENERALISATION, generalisation_record(blocks[0], code_version))


if __name__ == "__main__":
    cli.run(main)
