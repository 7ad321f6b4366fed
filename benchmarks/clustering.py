"""R8: clusters of channels by k-means on the Gram matrix, against scikit-learn's KMeans on the rows, one thread.

The rows are those that folding compares: the weights that write and read a channel, of a ResNet that has learned the
digits for a few epochs. Inertias are held against each other as well as times.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
import typer
from rounds import interleave, table
from torch import Tensor

from lethe.compress.channels import ChannelGroup, coupled_channels, kept_channels
from lethe.compress.kmeans import inertia, kmeans
from lethe.compress.rows import channel_rows
from lethe.core import cli
from lethe.networks.build import Architecture, build_classifier
from lethe.networks.spec import Classifier

RESTARTS = 10


@dataclass(frozen=True)
class Case:
    """Rows of one group as both libraries like them best, and the clusters asked for."""

    parts: tuple[Tensor, ...]
    rows: np.ndarray
    num_clusters: int

    def gram(self) -> Tensor:
        """What folding computes once a group, whatever the number of levels."""
        return torch.stack([part @ part.T for part in self.parts]).sum(dim=0)

    def ours(self, gram: Tensor) -> Tensor:
        """Labels by Lethe."""
        return kmeans(gram, self.num_clusters, torch.Generator().manual_seed(0), restarts=RESTARTS)

    def theirs(self) -> Tensor:
        """Labels by scikit-learn."""
        from sklearn.cluster import KMeans

        found = KMeans(self.num_clusters, n_init=RESTARTS, random_state=0).fit(self.rows)
        return torch.from_numpy(found.labels_).long()


def main(
    width: Annotated[int, typer.Option(help="channels of the first of four stages")] = 64,
    level: Annotated[float, typer.Option(help="share of the channels that is merged away")] = 0.5,
    epochs: Annotated[int, typer.Option(help="epochs that the network trains before its weights are taken")] = 2,
    rounds: int = 5,
) -> None:
    """Print seconds and ratios of times and of inertias, for one group of each width."""
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    model = trained((1, 1, 1, 1), width, epochs)
    groups = {group.width: group for group in coupled_channels(model, (1, 8, 8))}
    with threadpool_limits(1):
        for group in groups.values():
            typer.echo(_compared(_case(model, group, level), rounds))


def _compared(case: Case, rounds: int) -> str:
    gram = case.gram()
    ways = {
        "lethe.compress.kmeans, Gram matrix included": lambda: case.ours(case.gram()),
        "without": lambda: case.ours(gram),
        "scikit-learn, KMeans(n_init=10)": case.theirs,
    }
    ratio = float(inertia(gram, case.ours(gram)) / inertia(gram, case.theirs()))
    assert ratio <= 1.01, f"inertia {ratio:.4f} of scikit-learn's: faster is no use if it is worse"
    shape = " x ".join(str(size) for size in case.rows.shape)
    title = f"{shape} rows, {case.num_clusters} clusters: inertia {ratio:.4f} of scikit-learn's"
    return f"\n{title}\n\n{table(interleave(ways, rounds=rounds))}"


def _case(model: Classifier, group: ChannelGroup, level: float) -> Case:
    layers = group.of("producer", "consumer")
    parts = tuple(channel_rows(model, member, group.width) for member in layers)
    return Case(parts, torch.cat(parts, dim=1).float().numpy(), kept_channels(group.width, level))


def trained(blocks: tuple[int, ...], width: int, epochs: int) -> Classifier:
    """A ResNet with weights that have learned something."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = torch.from_numpy(digits.images / 16).float()[:, None]
    labels = torch.from_numpy(digits.target).long()
    model = build_classifier(Architecture("resnet", {"blocks": blocks, "width": width}, 1, 10), init_seed=0)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    order = torch.Generator().manual_seed(0)
    for _ in range(epochs):
        for batch in torch.randperm(len(labels), generator=order).split(128):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimiser.step()
    return model.eval()


if __name__ == "__main__":
    cli.run(main)
