"""Greedy agglomeration from a Gram matrix: again and again the two clusters whose means are nearest are joined.

The joined mean is (N_a mean_a + N_b mean_b) / (N_a + N_b), so its inner products follow from those of the two; a join
costs n^2 comparisons and no look at the rows. Unlike Ward's method it does not weigh a join by the clusters' sizes.
"""

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from lethe.compress.merging import in_canonical_order, squared_distances

Gram = Float64[Tensor, "channels channels"]


def greedy(gram: Gram, num_clusters: int) -> Int64[Tensor, " channels"]:
    """A cluster from 0 to k - 1 for every row, none of them empty; of equal pairs the first in norm is joined."""
    assert 1 <= num_clusters <= len(gram), f"{num_clusters} clusters of {len(gram)} rows"
    return in_canonical_order(lambda ordered: _joined(ordered, num_clusters), gram)


def _joined(gram: Gram, num_clusters: int) -> Int64[Tensor, " channels"]:
    means, labels, sizes = gram.clone(), torch.arange(len(gram)), torch.ones(len(gram)).tolist()
    distances = squared_distances(gram).fill_diagonal_(torch.inf)
    for _ in range(len(gram) - num_clusters):
        one, other = divmod(int(distances.argmin()), len(gram))
        share = sizes[one] / (sizes[one] + sizes[other])
        sizes[one] += sizes[other]
        labels[labels == other] = one
        means[one] = share * means[one] + (1 - share) * means[other]
        means[:, one] = share * means[:, one] + (1 - share) * means[:, other]
        distances[other] = distances[:, other] = torch.inf
        moved = (means.diagonal() + means[one, one] - 2 * means[one]).clamp_min(0)
        distances[one] = distances[:, one] = torch.where(distances[one].isinf(), torch.inf, moved)
    return torch.unique(labels, return_inverse=True)[1]
