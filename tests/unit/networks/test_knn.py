"""Nearest neighbours: against a literal transcription, against scikit-learn, at the edges."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lethe.networks.knn import knn_predictions, left_out_predictions


def points(count: int, seed: int, features: int = 4) -> Tensor:
    return torch.randn(count, features, generator=torch.Generator().manual_seed(seed))


def transcribed(
    train: np.ndarray, labels: np.ndarray, test: np.ndarray, neighbours: int, temperature: float
) -> list[int]:
    """The module's equation, one example at a time."""
    found = []
    for x in test:
        cosines = [float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y))) for y in train]
        nearest = sorted(range(len(train)), key=lambda i: -cosines[i])[:neighbours]
        votes = [sum(np.exp(cosines[i] / temperature) for i in nearest if labels[i] == c) for c in range(5)]
        found.append(int(np.argmax(votes)))
    return found


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.sampled_from([0.07, 0.1, 1.0]))
def test_is_the_equation(seed: int, neighbours: int, temperature: float) -> None:
    train, test, labels = points(40, seed), points(15, seed + 1), torch.arange(40) % 5
    given = {"neighbors": neighbours, "temperature": temperature}
    expected = transcribed(train.numpy(), labels.numpy(), test.numpy(), neighbours, temperature)
    assert knn_predictions(train, labels, test, **given).tolist() == expected
    apart = [
        transcribed(np.delete(train.numpy(), i, 0), np.delete(labels.numpy(), i), train[i : i + 1].numpy(), neighbours,
                    temperature)[0]
        for i in range(40)
    ]  # fmt: skip
    assert left_out_predictions(train, labels, **given).tolist() == apart


def test_is_scikit_learns_with_the_same_weights() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    train, test, labels = points(600, 0, 8), points(700, 1, 8), torch.arange(600) % 7
    other = KNeighborsClassifier(200, metric="cosine", weights=lambda distance: np.exp((1 - distance) / 0.1))
    other.fit(train.numpy(), labels.numpy())
    agreement = (knn_predictions(train, labels, test).numpy() == other.predict(test.numpy())).mean()
    assert agreement >= 0.998  # sums that nearly tie may be rounded to either side


def test_equal_votes_go_to_the_smallest_class_and_lengths_do_not_count() -> None:
    train = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    assert knn_predictions(train, torch.tensor([2, 1, 0]), torch.tensor([[5.0, 0.1]])).tolist() == [1]
    assert knn_predictions(train, torch.tensor([2, 1, 0]), torch.tensor([[0.1, 0.2]])).tolist() == [0]


def test_features_of_zero_are_near_nothing() -> None:
    train = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    assert knn_predictions(train, torch.tensor([0, 1]), torch.tensor([[2.0, 0.0]])).tolist() == [1]


@pytest.mark.parametrize("count", [255, 256, 257, 600])
def test_rows_at_once_change_nothing(count: int) -> None:
    train, labels, test = points(50, 0), torch.arange(50) % 3, points(count, 1)
    together = knn_predictions(train, labels, test)
    assert torch.equal(together[-2:], knn_predictions(train, labels, test[-2:])) and len(together) == count
