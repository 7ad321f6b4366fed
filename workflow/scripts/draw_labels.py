"""Draw the training images whose labels the semi-supervised regimes of a block of seeds may use."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.core.blocks import seeds_of
from lethe.data.labelled import Draw, labelled_frame
from lethe.store.files import writing
from lethe.store.provenance import made_by
from lethe.store.schema import EXAMPLES, LABELLED
from lethe.store.tables import read_table, write_table
from lethe.study import entry_job


def main(
    examples: Path,
    output: Path,
    *,
    seeds: cli.Seeds,
    study_seed: int = 0,
    per_class: Annotated[int | None, typer.Option(min=1, help="labelled images of each class")] = None,
    share: Annotated[
        float | None, typer.Option(min=0, max=1, help="share of all images, in proportion to the classes")
    ] = None,
    draw: Annotated[Draw, typer.Option(help="whether every seed draws its own, or the study for all")] = "seed",
    code_version: str = "",
) -> None:
    """Write one row per (seed, labelled image)."""
    with writing(output):
        table = read_table(examples, EXAMPLES)
        labels, example_ids = (table[name].to_numpy(dtype="int64") for name in ("label", "example_id"))
        frame = labelled_frame(
            labels, example_ids, seeds_of(seeds), study_seed=study_seed, per_class=per_class, share=share, draw=draw
        )
        write_table(output, frame, LABELLED, made_by(code_version))


if __name__ == "__main__":
    entry_job.run(main)
