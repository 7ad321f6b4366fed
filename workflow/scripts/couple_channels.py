"""Write which channels of a study's network are coupled, once for all methods that remove or merge channels."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.compress.channels import coupled_channels, write_groups
from lethe.compress.trial import require_cuttable
from lethe.core import cli
from lethe.data.store import open_split
from lethe.networks.build import Architecture, empty_classifier
from lethe.store.files import writing
from lethe.store.provenance import made_by
from lethe.study import entry_job


def main(
    output: Path,
    *,
    data: Annotated[Path, typer.Option(help="folder with train.npy and train.parquet")],
    model: cli.Model,
    code_version: str = "",
) -> None:
    """Trace one forward pass and cut once; a network that does not allow it is refused by its layer's name."""
    with writing(output):
        train = open_split(data / "train.npy", data / "train.parquet")
        architecture = Architecture.of(model, train)
        network = empty_classifier(architecture)
        groups = coupled_channels(network, train.images.shape[1:])
        require_cuttable(network, groups, train.images.shape[1:])
        write_groups(output, groups, made_by(code_version))


if __name__ == "__main__":
    entry_job.run(main)
