"""Predict one or more splits with every network of a block: one row a (seed, example); and what the networks cost."""

from pathlib import Path
from typing import Annotated

import typer

from lethe.core import cli
from lethe.data.store import open_split
from lethe.measures.results.cost import cost_record, cost_rows
from lethe.measures.results.predictions import evaluate_block, evaluation_record, evaluation_schema, keeps_logits
from lethe.networks.checkpoint import read_block
from lethe.networks.compute import choose_compute
from lethe.store.files import writing
from lethe.store.schema import COST
from lethe.store.tables import write_table


def main(
    checkpoint: Path,
    outputs: Annotated[list[Path], typer.Argument(help="one parquet file a split")],
    *,
    split: Annotated[list[str], typer.Option(help="in the order of the outputs")],
    data: Annotated[Path, typer.Option(help="folder with {split}.npy and {split}.parquet")],
    cost: Annotated[Path | None, typer.Option(help="output: parameters, operations and bytes")] = None,
    logits: Annotated[str, typer.Option(help="auto, true or false")] = "auto",
    device: str = "auto",
    code_version: str = "",
) -> None:
    """Evaluate a block on its splits, in float32 whatever the training's precision."""
    with writing(outputs[0]):
        block, compute = read_block(checkpoint), choose_compute(device, "fp32")
        classes = block.record["architecture"]["classes"]
        keep = keeps_logits(logits if logits == "auto" else logits == "true", classes)
        splits = {name: open_split(data / f"{name}.npy", data / f"{name}.parquet") for name in split}
        for (name, images), output in zip(splits.items(), outputs, strict=True):
            rows = evaluate_block(block, images, compute, logits=keep)
            record = evaluation_record(block, name, code_version)
            write_table(output, rows, evaluation_schema(classes, logits=keep), record)
        if cost is not None:
            shape = splits[split[0]].images.shape[1:]
            write_table(cost, cost_rows(block, shape), COST, cost_record(block, shape, code_version))


if __name__ == "__main__":
    cli.run(main)
