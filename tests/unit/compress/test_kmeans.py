"""k-means on the Gram matrix against sums over rows, brute force and scikit-learn."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lethe.compress.kmeans import _hartigan, _largest, _refilled, inertia, kmeans
from support.near import assert_near

SEEDS = st.integers(0, 999)
FEW = settings(max_examples=25, deadline=None)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def gaussian(count: int, width: int, seed: int) -> Tensor:
    return torch.randn(count, width, generator=seeded(seed), dtype=torch.float64)


def clustered(rows: Tensor, num_clusters: int, seed: int = 0, **options: int) -> Tensor:
    return kmeans(rows @ rows.T, num_clusters, seeded(seed), **options)


def literal_inertia(rows: Tensor, labels: Tensor) -> float:
    groups = [rows[labels == label] for label in labels.unique().tolist()]
    return sum(float(((group - group.mean(dim=0)) ** 2).sum()) for group in groups)


def partition(labels: Tensor) -> set[frozenset[int]]:
    return {frozenset((labels == label).nonzero()[:, 0].tolist()) for label in labels.unique()}


@st.composite
def rows_and_count(draw: st.DrawFn) -> tuple[Tensor, int]:
    """Rows on a coarse grid, so that many are equal or equally far, and a number of clusters."""
    width = draw(st.integers(1, 3))
    row = st.lists(st.integers(-2, 2), min_size=width, max_size=width)
    rows = draw(st.lists(row, min_size=1, max_size=14))
    return torch.tensor(rows, dtype=torch.float64), draw(st.integers(1, len(rows)))


@given(rows_and_count(), SEEDS)
@FEW
def test_every_cluster_has_a_row_and_equal_rows_cost_nothing(given_rows: tuple[Tensor, int], seed: int) -> None:
    rows, count = given_rows
    labels = clustered(rows, count, seed)
    assert labels.unique().tolist() == list(range(count))
    if count >= len(rows.unique(dim=0)):
        assert literal_inertia(rows, labels) == 0


@given(rows_and_count(), SEEDS)
@FEW
def test_no_move_of_one_row_lowers_the_inertia(given_rows: tuple[Tensor, int], seed: int) -> None:
    rows, count = given_rows
    labels = clustered(rows, count, seed)
    reached = literal_inertia(rows, labels)
    for row in range(len(rows)):
        if (labels == labels[row]).sum() == 1:
            continue  # its cluster would be empty
        for target in range(count):
            moved = labels.clone()
            moved[row] = target
            assert literal_inertia(rows, moved) >= reached - 1e-9


@given(rows_and_count(), SEEDS)
def test_inertia_is_the_sum_of_squares(given_rows: tuple[Tensor, int], seed: int) -> None:
    rows, count = given_rows
    labels = torch.randint(count, (len(rows),), generator=seeded(seed))
    assert_near(inertia(rows @ rows.T, labels), literal_inertia(rows, labels), atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "width", "num_clusters"), [(60, 40, 6), (60, 40, 30), (60, 3, 30), (60, 3, 54)])
def test_as_good_as_scikit_learn(count: int, width: int, num_clusters: int) -> None:
    from sklearn.cluster import KMeans

    rows = gaussian(count, width, seed=1) + 2 * gaussian(count // 3, width, seed=2).repeat(3, 1)
    theirs = KMeans(num_clusters, n_init=10, random_state=0).fit(rows.numpy())
    gram = rows @ rows.T
    assert_near(inertia(gram, torch.from_numpy(theirs.labels_).long()), theirs.inertia_)
    assert float(inertia(gram, clustered(rows, num_clusters))) <= 1.01 * theirs.inertia_


def test_far_groups_are_found() -> None:
    group = torch.arange(40) % 8
    rows = 0.1 * gaussian(40, 5, seed=0) + 10 * gaussian(8, 5, seed=1)[group]
    assert partition(clustered(rows, 8)) == partition(group)


@pytest.mark.parametrize("seed", range(5))
def test_planted_duplicates_land_together_at_half_the_width(seed: int) -> None:
    original = torch.arange(64)[torch.randperm(64, generator=seeded(seed))] % 32
    rows = gaussian(32, 100, seed)[original]
    labels = clustered(rows, 32, seed)
    assert partition(labels) == partition(original)
    assert_near(inertia(rows @ rows.T, labels), 0, atol=1e-9)


def test_duplicates_of_tiny_rows_land_together_beside_large_ones() -> None:
    original = torch.arange(24) % 12
    sizes = torch.logspace(-9, 2, 12, dtype=torch.float64)[:, None]
    assert partition(clustered((sizes * gaussian(12, 20, seed=3))[original], 12)) == partition(original)


@pytest.mark.slow
@given(SEEDS, st.integers(1, 12))
@FEW
def test_the_order_of_rows_is_irrelevant(seed: int, count: int) -> None:
    rows, order = gaussian(12, 4, seed), torch.randperm(12, generator=seeded(seed))
    gram = rows @ rows.T
    labels = kmeans(gram, count, seeded(7))
    shuffled = kmeans(gram[order][:, order], count, seeded(7))
    if count < 12:
        assert torch.equal(shuffled, labels[order])
    assert partition(clustered(rows[order], count, 7)) == partition(labels[order])


def test_the_order_of_rows_of_equal_norm_is_irrelevant() -> None:
    rows, order = torch.nn.functional.normalize(gaussian(30, 6, seed=0)), torch.randperm(30, generator=seeded(1))
    assert partition(clustered(rows[order], 9)) == partition(clustered(rows, 9)[order])


def test_one_cluster_and_singletons() -> None:
    rows = gaussian(9, 4, seed=0)
    assert clustered(rows, 1).tolist() == [0] * 9
    assert sorted(clustered(rows, 9).tolist()) == list(range(9))


def test_the_generator_alone_decides_and_more_restarts_are_no_worse() -> None:
    rows = gaussian(50, 5, seed=0)
    assert torch.equal(clustered(rows, 10, 3), clustered(rows, 10, 3))
    found = [literal_inertia(rows, clustered(rows, 10, seed, restarts=1)) for seed in range(10)]
    assert min(found) < max(found)  # one restart depends on the draw
    best = [literal_inertia(rows, clustered(rows, 10, seed, restarts=10)) for seed in range(10)]
    assert sum(best) < sum(found)


@pytest.mark.slow
@given(SEEDS, st.integers(1, 5))
@FEW
def test_steps_of_single_moves_only_lower_the_inertia(seed: int, num_clusters: int) -> None:
    rows = gaussian(15, 3, seed)
    start = torch.cat([torch.arange(num_clusters), torch.randint(num_clusters, (15,), generator=seeded(seed))])[:15]
    after = [_hartigan(rows @ rows.T, start[None], num_clusters, steps)[0] for steps in range(8)]
    assert all(labels.unique().tolist() == list(range(num_clusters)) for labels in after)
    costs = [literal_inertia(rows, labels) for labels in after]
    assert all(
        later < earlier or torch.equal(a, b)
        for (earlier, later), (a, b) in zip(pairwise(costs), pairwise(after), strict=True)
    )


@given(SEEDS)
def test_moves_made_together_share_no_cluster_and_hold_the_best(seed: int) -> None:
    draw = seeded(seed)
    source = torch.randint(6, (2, 20), generator=draw)
    target = (source + torch.randint(1, 6, (2, 20), generator=draw)) % 6
    gains = torch.randint(-3, 4, (2, 20), generator=draw).double()
    chosen = _largest(gains, source, target, 6)
    for row in range(2):
        touched = torch.cat([source[row, chosen[row]], target[row, chosen[row]]])
        assert len(touched.unique()) == len(touched)
        assert gains[row, chosen[row]].max() == gains[row].max()


def test_empty_clusters_get_the_farthest_rows_that_are_not_alone() -> None:
    labels = torch.tensor([[0, 0, 0, 2, 2, 3], [0, 1, 2, 3, 4, 4]])
    own = torch.tensor([[1.0, 5.0, 2.0, 4.0, 3.0, 9.0], [1.0] * 6], dtype=torch.float64)
    assert _refilled(labels, own, 5).tolist() == [[0, 1, 0, 4, 2, 3], [0, 1, 2, 3, 4, 4]]
