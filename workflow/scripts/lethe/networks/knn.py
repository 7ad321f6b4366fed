"""A nearest-neighbour probe of frozen features: which classes lie near each other, without anything fitted.

    prediction(x) = argmax over classes c of   sum over the k nearest training examples i of class c of exp(s_i / T)

where s_i is the cosine between the features of x and of i; k = 200, T = 0.1. Equal sums go to the smallest class. Which
of several training examples at exactly the k-th distance count is torch's choice.

Source: Wu et al. 2018, arXiv:1805.01978, section 3.4; differs: T is 0.1, not 0.07.
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import normalize

NEIGHBORS, TEMPERATURE = 200, 0.1
# Rows of the matrix of cosines with all training examples that lie in memory at once.
_ROWS = 256


def knn_predictions(
    train_features: Float[Tensor, "examples features"],
    train_labels: Int64[Tensor, " examples"],
    test_features: Float[Tensor, "others features"],
    *,
    neighbors: int = NEIGHBORS,
    temperature: float = TEMPERATURE,
) -> Int64[Tensor, " others"]:
    """The class that the nearest training examples vote for.

    Args: neighbors: all there are where there are fewer.
    """
    cosines = _cosines(test_features, train_features)
    votes = [_votes(rows, train_labels, min(neighbors, len(train_labels)), temperature) for rows in cosines]
    return torch.cat(votes).argmax(dim=1)


def left_out_predictions(
    features: Float[Tensor, "examples features"],
    labels: Int64[Tensor, " examples"],
    *,
    neighbors: int = NEIGHBORS,
    temperature: float = TEMPERATURE,
) -> Int64[Tensor, " examples"]:
    """The same for the training examples themselves, none of which is its own neighbour."""
    votes, first = [], 0
    for rows in _cosines(features, features):
        rows.diagonal(first).fill_(-torch.inf)
        votes.append(_votes(rows, labels, min(neighbors, len(labels) - 1), temperature))
        first += len(rows)
    return torch.cat(votes).argmax(dim=1)


def _cosines(
    features: Float[Tensor, "others features"], train_features: Float[Tensor, "examples features"]
) -> Iterator[Float[Tensor, "rows examples"]]:
    """Cosines of some examples after the other with all training examples; those of zero features are 0."""
    columns = normalize(train_features).T
    return (rows @ columns for rows in torch.split(normalize(features), _ROWS))


def _votes(
    cosines: Float[Tensor, "rows examples"], labels: Int64[Tensor, " examples"], neighbors: int, temperature: float
) -> Float[Tensor, "rows classes"]:
    """Sum of the nearest neighbours' weights for every class."""
    nearest = cosines.topk(neighbors, dim=1)
    # A product with 0 and 1 has a fixed order on every device; adding up votes by class has not.
    is_class = labels[nearest.indices][:, :, None] == torch.arange(int(labels.max()) + 1, device=labels.device)
    weights = (nearest.values / temperature).exp()
    return (weights[:, :, None] * is_class).sum(dim=1)
