"""Ward's agglomeration from a Gram matrix: from single rows on, the two clusters whose union costs least are joined.

Joining a and b raises the sum of squared distances to the centres by N_a N_b / (N_a + N_b) ||mean_a - mean_b||^2.

Source: Ward 1963; scipy's nearest-neighbour chain; the published folding code uses it (Wang et al. 2025,
arXiv:2502.10216).
"""

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from lethe.compress.merging import in_canonical_order, squared_distances

Gram = Float64[Tensor, "channels channels"]


def ward(gram: Gram, num_clusters: int) -> Int64[Tensor, " channels"]:
    """A cluster from 0 to k - 1 for every row, none of them empty."""
    assert 1 <= num_clusters <= len(gram), f"{num_clusters} clusters of {len(gram)} rows"
    if num_clusters == len(gram):
        return torch.arange(num_clusters, device=gram.device)
    return in_canonical_order(lambda ordered: _cut(_joins(ordered), len(ordered), num_clusters), gram)


def _joins(gram: Gram) -> Int64[Tensor, "joins 2"]:
    """The two clusters of every join, cheapest first; join t makes cluster n + t."""
    from scipy.cluster import hierarchy

    distances = squared_distances(gram).sqrt()
    above = torch.triu_indices(len(gram), len(gram), offset=1)
    return torch.from_numpy(hierarchy.ward(distances[above[0], above[1]].numpy())[:, :2]).long()


def _cut(joins: Int64[Tensor, "joins 2"], num_rows: int, num_clusters: int) -> Int64[Tensor, " channels"]:
    """Clusters after the first n - k joins; scipy's own cut by number gives fewer where heights are equal."""
    clusters = torch.arange(num_rows)
    for number, (one, other) in enumerate(joins[: num_rows - num_clusters].tolist()):
        clusters[(clusters == one) | (clusters == other)] = num_rows + number
    return torch.unique(clusters, return_inverse=True)[1]
