"""Write the images and examples of all splits of a study's data set."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lethe.core.options import expanded
from lethe.data.prepare import Source, SplitFiles, prepare
from lethe.store.files import writing
from lethe.study import entry_job


def main(
    train_images: Path,
    train_examples: Path,
    test_images: Path,
    test_examples: Path,
    *,
    name: Annotated[str, typer.Option(help="data set, a file of lethe/data")],
    options: Annotated[str, typer.Option(help="its options as JSON")] = "{}",
    root: Annotated[str, typer.Option(help="where its files lie; empty: the data set's own place")] = "",
    train_size: Annotated[int | None, typer.Option(min=1, help="stratified part of the training split")] = None,
    validation: Annotated[
        tuple[Path, Path] | None, typer.Option(help="images and examples of those set aside", metavar="IMAGES EXAMPLES")
    ] = None,
    validation_size: Annotated[int | None, typer.Option(min=1, help="how many are set aside")] = None,
    planted: Annotated[str, typer.Option(help="what makes examples hard, as JSON")] = "{}",
    attributes: Annotated[Path | None, typer.Option(help="table of attributes of the examples")] = None,
    attribute_table: Annotated[
        list[Path] | None, typer.Option(help="where attributes are written: of train, of validation if any, of test")
    ] = None,
    study_seed: Annotated[int, typer.Option(help="which part; seeds.study of the config")] = 0,
    inputs: Annotated[Path | None, typer.Option(help="where to say which files were read")] = None,
    code_version: str = "",
) -> None:
    """Write the images (.npy) and examples (.parquet) of all splits."""
    source = Source(
        name,
        options,
        expanded(root) if root else None,
        train_size,
        study_seed,
        validation_size,
        planted,
        None if attributes is None else expanded(attributes),
    )
    tables = iter(attribute_table or ())
    with writing(train_images):
        train = SplitFiles(train_images, train_examples, next(tables, None))
        aside = SplitFiles(*validation, next(tables, None)) if validation else None
        test = SplitFiles(test_images, test_examples, next(tables, None))
        told = prepare(source, train, test, validation=aside, code_version=code_version, inputs=inputs)
    for sentence in told:
        print(f"warning: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    entry_job.run(main)
