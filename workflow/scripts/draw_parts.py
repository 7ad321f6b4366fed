"""Draw the part of the training images on which each seed of a block is trained."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.core.blocks import seeds_of
from lethe.data.parts import parts_frame
from lethe.store.files import writing
from lethe.store.provenance import made_by
from lethe.store.schema import EXAMPLES, LABELLED, PARTS
from lethe.store.tables import read_table, write_table
from lethe.study import entry_job


def main(
    examples: Path,
    output: Path,
    *,
    seeds: cli.Seeds,
    share: Annotated[float, typer.Option(help="of the training images")],
    labelled: cli.Labelled = None,
    study_seed: int = 0,
    code_version: str = "",
) -> None:
    """Write one row per (seed, training image)."""
    with writing(output):
        table = read_table(examples, EXAMPLES)
        labels, example_ids = (table[name].to_numpy(dtype="int64") for name in ("label", "example_id"))
        first = None if labelled is None else read_table(labelled, LABELLED)
        frame = parts_frame(labels, example_ids, seeds_of(seeds), share=share, study_seed=study_seed, labelled=first)
        write_table(output, frame, PARTS, made_by(code_version))


if __name__ == "__main__":
    entry_job.run(main)
