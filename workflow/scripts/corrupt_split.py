"""Write a corrupted copy of the images and examples of a split."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core.splits import Corrupted
from lethe.data.corrupt import corrupt_split
from lethe.data.prepare import SplitFiles
from lethe.store.files import writing
from lethe.study import entry_job


def main(
    images: Annotated[Path, typer.Argument(help="clean images (.npy)")],
    examples: Annotated[Path, typer.Argument(help="their examples (.parquet)")],
    corrupted_images: Annotated[Path, typer.Argument(help="output")],
    corrupted_examples: Annotated[Path, typer.Argument(help="output")],
    *,
    corruption: Annotated[str, typer.Option(help="a file of lethe/data/corruptions")],
    severity: Annotated[int, typer.Option(min=1, max=5, help="from mild to harsh")],
    study_seed: Annotated[int, typer.Option(help="what the draws derive from; seeds.study of the config")] = 0,
    code_version: str = "",
) -> None:
    """Write a corrupted copy of a split (.npy and .parquet)."""
    clean, copy = SplitFiles(images, examples), SplitFiles(corrupted_images, corrupted_examples)
    with writing(corrupted_images):
        asked = Corrupted(corruption, severity)
        corrupt_split(clean, copy, asked, study_seed=study_seed, code_version=code_version)


if __name__ == "__main__":
    entry_job.run(main)
