"""k-means from a Gram matrix: every distance to a centre is a sum of inner products of rows.

With G = A A^T and cluster c of N_c rows, the squared distance of row i to the centre is
    d2(i, c) = G_ii - 2/N_c sum_(j in c) G_ij + 1/N_c^2 sum_(j, l in c) G_jl,
so an iteration costs n^2 additions per restart whatever the width of the rows, and all restarts share G. Each restart
begins with greedy k-means++ and runs Lloyd's iterations; in the best of them single rows are then moved (Hartigan), i
from a to b where
    N_a/(N_a - 1) d2(i, a) > N_b/(N_b + 1) d2(i, b),
which lowers the inertia in many places where Lloyd's method stops: clusters of channels have few rows, and a row that
is half of its cluster is near the centre whatever the row. Moving rows in all restarts gains another 0.1 % of inertia
for several times the work.

Source: Lloyd 1982; Arthur and Vassilvitskii 2007 (k-means++, several candidates per draw as in scikit-learn); Telgarsky
and Vattani 2010 (Hartigan's method); differs: one iteration makes all single moves of which no two share a cluster,
largest gain first, because their gains then add up.
"""

from math import log

import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from lethe.compress.gram import Clusters, Gram, in_canonical_order, squared_distances

Clusterings = Int64[Tensor, "restarts channels"]
Distances = Float64[Tensor, "restarts clusters channels"]
# Gains below this share of the mean squared norm are rounding.
_ROUNDING = 1e-12


def kmeans(
    gram: Gram, num_clusters: int, generator: torch.Generator, *, restarts: int = 10, max_iterations: int = 100
) -> Clusters:
    """A cluster from 0 to k - 1 for every row, none of them empty.

    The inertia is 0 where there are at least as many clusters as different rows. The order of rows is irrelevant.

    Args: restarts: of which the lowest inertia is taken, the first of equals. max_iterations: Lloyd's at most,
        and Hartigan's.
    """
    assert 1 <= num_clusters <= len(gram), f"{num_clusters} clusters of {len(gram)} rows"
    if num_clusters == len(gram):
        return torch.arange(num_clusters, device=gram.device)

    def best(ordered: Gram) -> Clusters:
        labels = _seeded(squared_distances(ordered), num_clusters, restarts, generator)
        labels = _lloyd(ordered, labels, num_clusters, max_iterations)
        first = int(torch.stack([inertia(ordered, each) for each in labels]).argmin())
        return _hartigan(ordered, labels[first : first + 1], num_clusters, max_iterations)[0]

    return in_canonical_order(best, gram)


def inertia(gram: Gram, labels: Clusters) -> Float64[Tensor, ""]:
    """Sum over rows of the squared distance to the mean of their cluster."""
    together = (labels[:, None] == labels[None, :]).to(gram)
    shares = together / together.sum(dim=1, keepdim=True)
    return (gram.trace() - (gram * shares).sum()).clamp_min(0)


def _seeded(distances: Gram, num_clusters: int, restarts: int, generator: torch.Generator) -> Clusterings:
    """Rows with their nearest founder; founders are drawn by squared distance to those before, best of a few draws."""
    rows, each = torch.arange(len(distances)), torch.arange(restarts)
    founders = torch.randint(len(rows), (restarts, 1), generator=generator)
    nearest = distances[founders[:, 0]]
    while founders.shape[1] < num_clusters:
        # Only where every row lies on a founder is one drawn that equals another.
        free = nearest.new_ones(nearest.shape).scatter_(1, founders, 0.0)
        weights = torch.where(nearest.sum(dim=1, keepdim=True) > 0, nearest, free)
        drawn = torch.multinomial(weights, 2 + int(log(num_clusters)), replacement=True, generator=generator)
        nearer = torch.minimum(distances[drawn], nearest[:, None])
        best = nearer.sum(dim=2).argmin(dim=1)
        nearest, founder = nearer[each, best], drawn[each, best]
        founders = torch.cat([founders, founder[:, None]], dim=1)
    labels = distances[founders].min(dim=1).indices
    return labels.scatter_(1, founders, torch.arange(num_clusters).expand(restarts, -1))


def _lloyd(gram: Gram, labels: Clusterings, num_clusters: int, max_iterations: int) -> Clusterings:
    """Every row to its nearest centre, until none moves."""
    for _ in range(max_iterations):
        distances = _distances(gram, labels, num_clusters)
        own = distances.gather(1, labels[:, None])[:, 0]
        nearest = distances.min(dim=1)
        moves = own - nearest.values > _tolerance(gram)
        if not bool(moves.any()):
            break
        moved = torch.where(moves, nearest.indices, labels)
        labels = _refilled(moved, torch.where(moves, nearest.values, own), num_clusters)
    return labels


def _refilled(labels: Clusterings, own: Float64[Tensor, "restarts channels"], num_clusters: int) -> Clusterings:
    """Every empty cluster gets the row farthest from its centre, of those that are not alone."""
    sizes = _sizes(labels, num_clusters)
    for restart, cluster in (sizes == 0).nonzero().tolist():
        is_alone = sizes[restart][labels[restart]] == 1
        farthest = own[restart].masked_fill(is_alone, -1.0).argmax()
        sizes[restart, labels[restart, farthest]] -= 1
        sizes[restart, cluster] = 1
        labels[restart, farthest] = cluster
    return labels


def _hartigan(gram: Gram, labels: Clusterings, num_clusters: int, max_iterations: int) -> Clusterings:
    """Single moves that lower the inertia, until there are none."""
    for _ in range(max_iterations):
        distances = _distances(gram, labels, num_clusters)
        sizes = _sizes(labels, num_clusters).to(gram)
        size = sizes.gather(1, labels)
        own = distances.gather(1, labels[:, None])[:, 0]
        leaving = own * size / (size - 1).clamp_min(1)  # a row that is alone is its own centre: nothing to gain
        joining = distances.mul_((sizes / (sizes + 1))[:, :, None]).scatter_(1, labels[:, None], torch.inf)
        target = joining.min(dim=1)
        gains = leaving - target.values
        moves = (gains > _tolerance(gram)) & (size > 1)
        if not bool(moves.any()):
            break
        labels = torch.where(moves & _largest(gains, labels, target.indices, num_clusters), target.indices, labels)
    return labels


def _largest(
    gains: Float64[Tensor, "restarts channels"], source: Clusterings, target: Clusterings, num_clusters: int
) -> Bool[Tensor, "restarts channels"]:
    """Moves with the largest gain of all that touch their source or target: no two of them share a cluster."""
    ranks = gains.argsort(dim=1, stable=True).argsort(dim=1)
    largest = ranks.new_full((len(ranks), num_clusters), -1)
    largest.scatter_reduce_(1, source, ranks, "amax").scatter_reduce_(1, target, ranks, "amax")
    return (largest.gather(1, source) == ranks) & (largest.gather(1, target) == ranks)


def _distances(gram: Gram, labels: Clusterings, num_clusters: int) -> Distances:
    """Squared distance of every row to every centre; no cluster may be empty."""
    sizes = _sizes(labels, num_clusters).to(gram)[:, :, None]
    empty = gram.new_zeros(num_clusters, len(gram))
    reach = torch.stack([empty.index_add(0, each, gram) for each in labels])
    within = torch.zeros_like(sizes[:, :, 0]).scatter_add_(1, labels, reach.gather(1, labels[:, None])[:, 0])
    return reach.mul_(-2 / sizes).add_(within[:, :, None] / sizes.square()).add_(gram.diagonal())


def _sizes(labels: Clusterings, num_clusters: int) -> Int64[Tensor, "restarts clusters"]:
    return labels.new_zeros(len(labels), num_clusters).scatter_add_(1, labels, torch.ones_like(labels))


def _tolerance(gram: Gram) -> float:
    return _ROUNDING * float(gram.diagonal().mean())
