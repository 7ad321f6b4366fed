"""Ward's clusters against scikit-learn's, and where heights are equal."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lethe.compress.ward import ward


def rows_of(count: int, width: int, seed: int) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def together(labels: Tensor) -> Tensor:
    return labels[:, None] == labels[None, :]


@pytest.mark.parametrize("num_clusters", [1, 2, 7, 20, 39, 40])
def test_same_clusters_as_scikit_learn(num_clusters: int) -> None:
    from sklearn.cluster import AgglomerativeClustering

    rows = rows_of(40, 6, seed=num_clusters)
    theirs = AgglomerativeClustering(num_clusters, linkage="ward").fit(rows.numpy())
    ours = ward(rows @ rows.T, num_clusters)
    assert torch.equal(together(ours), together(torch.from_numpy(theirs.labels_)))


@given(st.lists(st.integers(-1, 1), min_size=1, max_size=16), st.data())
def test_ties_leave_exactly_as_many_clusters_as_asked(values: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(values)))
    rows = torch.tensor(values, dtype=torch.float64)[:, None]
    labels = ward(rows @ rows.T, count)
    assert labels.unique().tolist() == list(range(count))
    if count == len(set(values)):
        assert torch.equal(together(labels), rows == rows.T)


@given(st.integers(0, 999), st.integers(1, 20))
def test_the_order_of_rows_is_irrelevant(seed: int, count: int) -> None:
    rows, order = rows_of(20, 3, seed), torch.randperm(20, generator=torch.Generator().manual_seed(seed))
    shuffled = rows[order]
    assert torch.equal(together(ward(shuffled @ shuffled.T, count)), together(ward(rows @ rows.T, count)[order]))
