"""Greedy joining against a slow literal transcription and scipy, and what the method compares."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lethe.compress.greedy import greedy
from lethe.compress.methods.merge_greedy import SPEC
from lethe.compress.rewire import merge, rewire
from lethe.compress.spec import PostHocOptions
from support.channels import small_groups, small_inputs
from support.small import small_model, states_equal


def rows_of(count: int, width: int, seed: int) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def together(labels: Tensor) -> Tensor:
    return labels[:, None] == labels[None, :]


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
def test_same_clusters_as_joining_rows_one_pair_at_a_time(seed: int, num_clusters: int, width: int) -> None:
    rows = rows_of(12, width, seed)
    assert torch.equal(together(greedy(rows @ rows.T, num_clusters)), together(literal(rows, num_clusters)))


@pytest.mark.parametrize("num_clusters", [3, 15, 28])
def test_same_clusters_as_scipys_centroid_linkage(num_clusters: int) -> None:
    from scipy.cluster import hierarchy

    rows = rows_of(30, 8, seed=num_clusters)
    labels = torch.arange(30)
    for number, join in enumerate(hierarchy.centroid(rows.numpy())[: 30 - num_clusters]):
        labels[(labels == int(join[0])) | (labels == int(join[1]))] = 30 + number
    assert torch.equal(together(greedy(rows @ rows.T, num_clusters)), together(labels))


@given(st.lists(st.integers(-1, 1), min_size=1, max_size=16), st.data())
def test_ties_leave_exactly_as_many_clusters_as_asked(values: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(values)))
    rows = torch.tensor(values, dtype=torch.float64)[:, None]
    labels = greedy(rows @ rows.T, count)
    assert labels.unique().tolist() == list(range(count))
    if count == len(set(values)):
        assert torch.equal(together(labels), rows == rows.T)


def test_the_order_of_rows_is_irrelevant() -> None:
    rows, order = rows_of(20, 3, seed=0), torch.randperm(20, generator=torch.Generator().manual_seed(1))
    shuffled = rows[order]
    for count in range(1, 21):
        assert torch.equal(
            together(greedy(shuffled @ shuffled.T, count)), together(greedy(rows @ rows.T, count)[order])
        )


def test_the_pair_with_the_nearest_weights_goes_first_whatever_the_batch_norms() -> None:
    model, groups = small_model(), small_groups()
    group = groups[2]  # eight channels inside the second block
    state = model.state_dict()
    written, read = (state[f"encoder.layer2.0.{name}.weight"] for name in ("conv1", "conv2"))
    rows = torch.cat([written.flatten(1), read.transpose(0, 1).flatten(1)], dim=1)
    distances = torch.cdist(rows, rows).fill_diagonal_(torch.inf)
    labels = torch.arange(group.width)
    one, other = divmod(int(distances.argmin()), group.width)
    labels[other] = labels[one]
    singles = [merge(torch.arange(each.width)) for each in groups]
    expected = rewire(model, groups, [*singles[:2], merge(labels), singles[3]])
    # 1/8 of eight channels is one; of four it is rounded up, and the first two groups lose one as well.
    found = SPEC.compress(model, 0.125, PostHocOptions(), small_inputs(), torch.Generator()).model
    for name in ("bn1.weight", "bn1.running_var"):
        assert torch.equal(
            found.state_dict()[f"encoder.layer2.0.{name}"], expected.state_dict()[f"encoder.layer2.0.{name}"]
        )
    for norm in (module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        norm.bias.data.normal_(generator=torch.Generator().manual_seed(1))
    other_norms = SPEC.compress(model, 0.125, PostHocOptions(), small_inputs(), torch.Generator()).model
    weights = {name: value for name, value in found.state_dict().items() if value.ndim > 1}
    assert states_equal(weights, {name: other_norms.state_dict()[name] for name in weights})
