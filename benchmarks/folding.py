"""Folding whole ResNet-18s, clustering and merging, one thread: seconds per network, beside what merging alone costs.

A block of ten seeds takes ten times as long. The network has learned the digits for a few epochs; its channels are
coupled before, because that is done once a study. Recalibration's forward passes are not counted.
"""

from typing import Annotated

import numpy as np
import torch
import typer
from clustering import trained
from rounds import interleave, table

from lethe.compress.channels import coupled_channels
from lethe.compress.spec import Inputs
from lethe.core import cli, registry


def main(
    level: Annotated[float, typer.Option(help="share of the channels that is merged away")] = 0.5,
    epochs: Annotated[int, typer.Option(help="epochs that the network trains before its weights are taken")] = 2,
    rounds: int = 5,
) -> None:
    """Print seconds for one network and ratios."""
    torch.set_num_threads(1)
    model = trained((2, 2, 2, 2), 64, epochs)
    inputs = Inputs(
        np.zeros((2, 1, 8, 8), np.uint8), np.arange(2), torch.device("cpu"), coupled_channels(model, (1, 8, 8))
    )

    def way(method: str, **options: object) -> None:
        spec = registry.load(registry.METHODS, method)
        spec.compress(model, level, spec.Options(**options), inputs, torch.Generator().manual_seed(0))

    ways = {
        "fold, k-means": lambda: way("fold"),
        "fold, Ward's method": lambda: way("fold", clusterer="ward"),
        "fold_random: merging alone": lambda: way("fold_random"),
        "channel_l2: scoring and removing": lambda: way("channel_l2"),
    }
    typer.echo(table(interleave(ways, rounds=rounds)))


if __name__ == "__main__":
    cli.run(main)
