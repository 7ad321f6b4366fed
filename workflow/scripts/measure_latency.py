"""Time forward passes of a method's networks at every level against the dense network."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.data.store import open_split
from lethe.measures.results.latency import Timing, latency_record, measure_latency
from lethe.networks.checkpoint import read_block
from lethe.networks.compute import choose_compute
from lethe.store.files import writing
from lethe.store.schema import LATENCY
from lethe.store.tables import write_table


def main(
    dense: Path,
    compressed: Annotated[list[Path], typer.Argument(help="checkpoints of one method, one a level")],
    *,
    output: Annotated[Path, typer.Option(help="parquet file")],
    data: Annotated[Path, typer.Option(help="folder with test.npy and test.parquet")],
    batch: Annotated[list[int], typer.Option(min=1, help="images a forward pass; repeat for each size")],
    rounds: Annotated[int, typer.Option(min=5, help="times that every network takes its turn")] = 15,
    device: str = "auto",
    code_version: str = "",
) -> None:
    """Time the first seed of every checkpoint; the times differ from run to run."""
    with writing(output):
        before, after = read_block(dense), [read_block(checkpoint) for checkpoint in compressed]
        timing = Timing(tuple(batch), rounds, choose_compute(device, "fp32"))
        rows = measure_latency(before, after, open_split(data / "test.npy", data / "test.parquet"), timing)
        write_table(output, rows, LATENCY, latency_record(before, after, timing.compute, code_version))


if __name__ == "__main__":
    cli.run(main)
