"""Write which channels of a study's network are coupled, once for all methods that remove or merge channels."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.compress.channels import coupled_channels, groups_json
from lethe.core import cli
from lethe.data.store import open_split
from lethe.networks.build import Architecture, empty_classifier
from lethe.store.files import write_text, writing


def main(
    output: Path,
    *,
    data: Annotated[Path, typer.Option(help="folder with train.npy and train.parquet")],
    model: cli.Model,
) -> None:
    """Trace one forward pass; a network whose channels cannot be removed or merged is refused by its layer's name."""
    with writing(output):
        train = open_split(data / "train.npy", data / "train.parquet")
        architecture = Architecture.of(model, train)
        write_text(output, groups_json(coupled_channels(empty_classifier(architecture), train.images.shape[1:])))


if __name__ == "__main__":
    cli.run(main)
