"""Find the PIEs of one compressed cell, with their null, their intervals, tests and the impact on classes."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from lethe.compare.traits import INDEPENDENT
from lethe.core.seeding import study_generator
from lethe.pies.modal import Ties
from lethe.pies.named import with_names
from lethe.pies.population import read_population
from lethe.pies.summary import Compared, describe_cell
from lethe.store.files import writing
from lethe.store.provenance import made_by, networks_record
from lethe.store.schema import NAMES
from lethe.store.tables import read_record, write_table
from lethe.study import entry_job
from lethe.study.results import STAGES

OUTPUTS = ("pies", "shares", "image_tests", "tests", "classes", "recalls", "by_size", "seeds")


def main(
    outputs: Annotated[
        tuple[Path, Path, Path, Path, Path, Path, Path, Path],
        typer.Argument(metavar="PIES SHARES IMAGE_TESTS TESTS CLASSES RECALLS BY_SIZE SEEDS"),
    ],
    *,
    dense: Annotated[list[Path], typer.Option(help="evaluation of a dense block; repeat for each block")],
    compressed: Annotated[list[Path], typer.Option(help="evaluation of a compressed block; repeat for each block")],
    reference: Annotated[
        list[Path] | None,
        typer.Option(help="evaluation of a dense block after the same treatment; repeat; by default --dense"),
    ] = None,
    examples: Annotated[
        Path | None, typer.Option(help="the split's table of examples; gives classes and images their names")
    ] = None,
    ties: Annotated[Ties, typer.Option(help="which of several most frequent labels is modal")] = "smallest",
    population: Annotated[
        int | None, typer.Option(help="networks in each population; odd; by default 3 of at least 10 seeds, else 1")
    ] = None,
    study_seed: Annotated[int, typer.Option(help="draws populations and patterns, where not all are used")] = 0,
    code_version: str = "",
) -> None:
    """Write the eight tables of one compressed cell."""
    with writing(outputs[0]):
        before, after = read_population(dense), read_population(compressed)
        networks = networks_record(read_record(compressed[0]))
        treated = read_population(reference) if reference else before
        is_paired = networks.get("traits", {}).get("pairing") != INDEPENDENT
        summary = describe_cell(
            Compared(dense=before, compressed=after, reference=treated, is_paired=is_paired),
            ties=ties,
            generator=study_generator(study_seed, "populations"),
            population=population,
        )
        record = {
            **networks,
            "cell": asdict(after.cell),
            "reference": treated.cell.method,
            "population": int(summary.tests["population"].iloc[0]),
            "seeds": after.seeds.tolist(),
            "ties": ties,
            **made_by(code_version),
        }
        for path, name in zip(outputs, OUTPUTS, strict=True):
            table = getattr(summary, name)
            table = table if examples is None else with_names(table, examples)
            columns = pa.schema([*STAGES[name].base, *(column for column in NAMES if column.name in table)])
            write_table(path, table, columns, {"result": name, **record})


if __name__ == "__main__":
    entry_job.run(main)
