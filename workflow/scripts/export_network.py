"""Write one seed's network for other programs: a state dict, a torch.export program, an ONNX graph, and a record."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.data.store import open_split
from lethe.networks.checkpoint import read_block
from lethe.networks.compute import choose_compute
from lethe.networks.export import ONNX, PROGRAM, STATE, export_record, export_seed
from lethe.store.files import write_bytes, writing
from lethe.store.records import BESIDE, digests_of, write_sealed
from lethe.study import entry_job


def main(
    checkpoint: Path,
    outputs: Annotated[tuple[Path, Path, Path, Path], typer.Argument(metavar="SAFETENSORS PT2 ONNX JSON")],
    *,
    seed: Annotated[int, typer.Option(help="which network of the block")],
    data: Annotated[Path, typer.Option(help="folder with test.npy and test.parquet")],
    code_version: str = "",
) -> None:
    """Export one network; nothing is written unless every file gives the network's own logits."""
    choose_compute("cpu", "fp32")
    *networks, record = outputs
    with writing(record):
        block, test = read_block(checkpoint), open_split(data / "test.npy", data / "test.parquet")
        exported = export_seed(block, seed, test)
        for path, name in zip(networks, (STATE, PROGRAM, ONNX), strict=True):
            write_bytes(path, exported.files[name])
        known = export_record(block, seed, test, exported, code_version)
        write_sealed(record, {**known, BESIDE: digests_of(*networks)})


if __name__ == "__main__":
    entry_job.run(main)
