"""Fit probes to what no training has made: the pixels, or the encoders of a block of seeds before their training."""

import json
from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.core.blocks import seeds_of
from lethe.data.store import open_splits
from lethe.measures.results.probes import probe_pixels, probe_record, probe_untrained
from lethe.networks.build import Architecture
from lethe.networks.compute import choose_compute
from lethe.store.files import writing
from lethe.store.schema import PROBES
from lethe.store.tables import write_table


def main(
    output: Path,
    *,
    data: Annotated[Path, typer.Option(help="folder with train and test images")],
    study_seed: Annotated[int, typer.Option(help="the study's seed")],
    seeds: Annotated[str, typer.Option(help="block of seeds, as 0-4; without it the pixels are probed")] = "",
    model: Annotated[str, typer.Option(help="name and options of the architecture, as JSON")] = "",
    device: str = "auto",
    code_version: str = "",
) -> None:
    """Probe the untrained encoders of a block, or the pixels."""
    with writing(output):
        splits = open_splits(data)
        train, compute = splits.train, choose_compute(device, "fp32")
        block = seeds_of(seeds) if seeds else ()
        if block:
            shape = Architecture(**json.loads(model), channels=train.channels, classes=len(train.class_names))
            rows = probe_untrained(shape, study_seed, block, splits, compute)
        else:
            rows = probe_pixels(study_seed, splits, compute)
        write_table(output, rows, PROBES, probe_record("", block, train, code_version))


if __name__ == "__main__":
    cli.run(main)
