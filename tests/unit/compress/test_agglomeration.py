"""Ward's clusters against scikit-learn's, greedy ones against a slow literal transcription; ties and order of both."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from lethe.compress.agglomeration import greedy, ward

Clusterer = Callable[[Tensor, int], Tensor]
both = pytest.mark.parametrize("clusterer", [ward, greedy])


def rows_of(count: int, width: int, seed: int) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def together(clusters: Tensor) -> Tensor:
    return clusters[:, None] == clusters[None, :]


@pytest.mark.parametrize("num_clusters", [1, 2, 7, 20, 39, 40])
def test_ward_gives_the_clusters_of_scikit_learn(num_clusters: int) -> None:
    from sklearn.cluster import AgglomerativeClustering

    rows = rows_of(40, 6, seed=num_clusters)
    theirs = AgglomerativeClustering(num_clusters, linkage="ward").fit(rows.numpy())
    ours = ward(rows @ rows.T, num_clusters)
    assert torch.equal(together(ours), together(torch.from_numpy(theirs.labels_)))


def literal(rows: Tensor, num_clusters: int) -> Tensor:
    """The nearest pair of current rows becomes one row, the mean weighted by what each stands for."""
    members, current = [[i] for i in range(len(rows))], list(rows)
    while len(current) > num_clusters:
        pairs = [(i, j) for i in range(len(current)) for j in range(i)]
        one, other = min(pairs, key=lambda pair: float((current[pair[0]] - current[pair[1]]).square().sum()))
        a, b = len(members[one]), len(members[other])
        current[other] = (a * current[one] + b * current[other]) / (a + b)
        members[other] = members[other] + members[one]
        del current[one], members[one]
    labels = torch.empty(len(rows), dtype=torch.long)
    for label, positions in enumerate(members):
        labels[positions] = label
    return labels


@given(st.integers(0, 999), st.integers(1, 12), st.integers(1, 5))
def test_greedy_gives_the_clusters_of_joining_rows_one_pair_at_a_time(seed: int, num_clusters: int, width: int) -> None:
    rows = rows_of(12, width, seed)
    assert torch.equal(together(greedy(rows @ rows.T, num_clusters)), together(literal(rows, num_clusters)))


@both
@given(st.lists(st.integers(-1, 1), min_size=1, max_size=16), st.data())
def test_ties_leave_exactly_as_many_clusters_as_asked(
    clusterer: Clusterer, values: list[int], data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, len(values)))
    rows = torch.tensor(values, dtype=torch.float64)[:, None]
    clusters = clusterer(rows @ rows.T, count)
    assert clusters.unique().tolist() == list(range(count))
    if count == len(set(values)):
        assert torch.equal(together(clusters), rows == rows.T)


@both
@given(st.integers(0, 999), st.integers(1, 20))
def test_the_order_of_rows_is_irrelevant(clusterer: Clusterer, seed: int, count: int) -> None:
    rows, order = rows_of(20, 3, seed), torch.randperm(20, generator=torch.Generator().manual_seed(seed))
    shuffled = rows[order]
    found, expected = clusterer(shuffled @ shuffled.T, count), clusterer(rows @ rows.T, count)
    assert torch.equal(together(found), together(expected[order]))


@both
@given(st.integers(0, 999), st.integers(1, 10))
def test_ties_between_rows_that_can_be_told_apart_do_not_make_it_relevant(
    clusterer: Clusterer, seed: int, count: int
) -> None:
    """Whole numbers have many equal distances; rows of different norms have one canonical order."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randint(0, 9, (10, 2), generator=generator).double()
    assume(len(rows.square().sum(dim=1).unique()) == 10)
    order = torch.randperm(10, generator=generator)
    shuffled = rows[order]
    found, expected = clusterer(shuffled @ shuffled.T, count), clusterer(rows @ rows.T, count)
    assert torch.equal(together(found), together(expected[order]))
