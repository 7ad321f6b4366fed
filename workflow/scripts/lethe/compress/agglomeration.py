"""Agglomeration from a Gram matrix: from single rows on, two clusters are joined again and again.

Ward joins the two whose union costs least: joining a and b raises the sum of squared distances to the centres by
N_a N_b / (N_a + N_b) ||mean_a - mean_b||^2. Greedy joins the two whose means are nearest, min ||mean_a - mean_b||^2,
whatever their sizes; the joined mean is (N_a mean_a + N_b mean_b) / (N_a + N_b), so this is scipy's centroid linkage.

Which of several equally near pairs goes first is scipy's choice in the canonical order of the rows.

Source: Ward 1963, used by the published folding code (Wang et al. 2025, arXiv:2502.10216); greedy joining in Chen, Zhou
and Yan 2023, arXiv:2310.06756; scipy's linkages.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor

from lethe.compress.gram import Clusters, Gram, in_canonical_order, squared_distances


def ward(gram: Gram, num_clusters: int) -> Clusters:
    """A cluster from 0 to k - 1 for every row, none of them empty."""
    from scipy.cluster import hierarchy

    return _agglomerated(gram, num_clusters, hierarchy.ward)


def greedy(gram: Gram, num_clusters: int) -> Clusters:
    """A cluster from 0 to k - 1 for every row, none of them empty."""
    from scipy.cluster import hierarchy

    return _agglomerated(gram, num_clusters, hierarchy.centroid)


def _agglomerated(gram: Gram, num_clusters: int, linkage: Callable[[Any], Any]) -> Clusters:
    """The clusters that are left of single rows when a linkage has joined all but so many."""
    assert 1 <= num_clusters <= len(gram), f"{num_clusters} clusters of {len(gram)} rows"
    if num_clusters == len(gram):
        return torch.arange(num_clusters, device=gram.device)

    def cut(ordered: Gram) -> Clusters:
        above = torch.triu_indices(len(ordered), len(ordered), offset=1)
        distances = squared_distances(ordered).sqrt()[above[0], above[1]]
        return _joined(torch.from_numpy(linkage(distances.numpy())[:, :2]).long(), len(ordered), num_clusters)

    return in_canonical_order(cut, gram)


def _joined(joins: Int64[Tensor, "joins 2"], num_rows: int, num_clusters: int) -> Clusters:
    """Clusters after the first n - k joins, of which join t makes cluster n + t.

    scipy's own cut by number gives fewer where heights are equal.
    """
    clusters = torch.arange(num_rows)
    for number, (one, other) in enumerate(joins[: num_rows - num_clusters].tolist()):
        clusters[(clusters == one) | (clusters == other)] = num_rows + number
    return torch.unique(clusters, return_inverse=True)[1]
