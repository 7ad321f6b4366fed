"""Find the PIEs of one compressed cell, with their null, their intervals and the impact on classes."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.core.files import writing
from lethe.core.provenance import package_versions
from lethe.core.schema import BY_SIZE, CLASSES, PIES, SHARES
from lethe.core.seeding import study_generator
from lethe.core.tables import write_table
from lethe.pies.modal import Ties
from lethe.pies.population import read_population
from lethe.pies.summary import describe_cell


def main(
    pies: Annotated[Path, typer.Argument(help="Output: one row an example.")],
    shares: Annotated[Path, typer.Argument(help="Output: one row a quantity, with its interval.")],
    classes: Annotated[Path, typer.Argument(help="Output: one row a class.")],
    by_size: Annotated[Path, typer.Argument(help="Output: one row a population size.")],
    dense: Annotated[list[Path], typer.Option(help="Evaluation of a dense block; repeat for each block.")],
    compressed: Annotated[list[Path], typer.Option(help="Evaluation of a compressed block; repeat for each block.")],
    ties: Annotated[Ties, typer.Option(help="Which of several most frequent labels is modal.")] = "smallest",
    study_seed: Annotated[int, typer.Option(help="Draws the halves of the seeds.")] = 0,
    code_version: str = "",
) -> None:
    """Find the PIEs of one compressed cell."""
    with writing(pies):
        before, after = read_population(dense), read_population(compressed)
        summary = describe_cell(before, after, ties=ties, generator=study_generator(study_seed, "halves"))
        made = {"ties": ties, "code_version": code_version, "packages": package_versions()}
        record = {"cell": asdict(after.cell), "seeds": after.seeds.tolist(), **made}
        tables = (
            (summary.pies, PIES),
            (summary.shares, SHARES),
            (summary.classes, CLASSES),
            (summary.by_size, BY_SIZE),
        )
        for path, (frame, schema) in zip((pies, shares, classes, by_size), tables, strict=True):
            write_table(path, frame, schema, record)


if __name__ == "__main__":
    cli.run(main)
