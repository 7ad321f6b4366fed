"""R6: the modal label of every example, on the (seed, example) matrix and with pandas on the long table."""

from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rounds import interleave, table

from lethe.core import cli
from lethe.pies.modal import modal_labels, vote_counts


def main(
    models: Annotated[int, typer.Option(help="networks in the population")] = 30,
    examples: int = 10_000,
    classes: int = 10,
    rounds: int = 5,
) -> None:
    """Print seconds and ratios; the ways are first held to give the same labels."""
    generator = np.random.default_rng(0)
    favourite = generator.integers(0, classes, examples)
    votes = np.where(
        generator.random((models, examples)) < 0.7, favourite, generator.integers(0, classes, (models, examples))
    )
    long = pd.DataFrame({"example_id": np.tile(np.arange(examples), models), "prediction": votes.ravel()})
    ways = {
        "lethe.pies, matrix": lambda: _matrix(long, models, classes),
        "pandas, groupby size": lambda: _group_size(long),
        "pandas, agg(mode)": lambda: long.groupby("example_id")["prediction"].agg(lambda labels: labels.mode()[0]),
    }
    expected, *others = (np.asarray(way()) for way in ways.values())
    assert all((expected == labels).all() for labels in others)
    typer.echo(table(interleave(ways, rounds=rounds)))


def _matrix(long: pd.DataFrame, models: int, classes: int) -> np.ndarray:
    """From the sorted column, as evaluations store it."""
    return modal_labels(vote_counts(long["prediction"].to_numpy().reshape(models, -1), classes)).labels


def _group_size(long: pd.DataFrame) -> pd.Series:
    """Most frequent label of every example; the first of several, which is the smallest."""
    sizes = long.groupby(["example_id", "prediction"]).size().rename("votes").reset_index()
    return sizes.loc[sizes.groupby("example_id")["votes"].idxmax()].set_index("example_id")["prediction"]


if __name__ == "__main__":
    cli.run(main)
