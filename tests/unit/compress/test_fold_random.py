"""Random clusters: never empty, blind to the weights, every channel as likely as any other."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lethe.compress.methods.fold_random import SPEC, random_clusters
from lethe.compress.spec import PostHocOptions
from support.channels import small_inputs
from support.near import assert_near
from support.small import small_model, states_equal


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(st.integers(1, 40), st.data(), st.integers(0, 99))
def test_every_cluster_has_a_channel(width: int, data: st.DataObject, seed: int) -> None:
    count = data.draw(st.integers(1, width))
    labels = random_clusters(width, count, seeded(seed))
    assert labels.shape == (width,)
    assert labels.unique().tolist() == list(range(count))
    assert torch.equal(labels, random_clusters(width, count, seeded(seed)))


def test_any_two_channels_are_as_likely_to_meet() -> None:
    generator, meetings = seeded(0), torch.zeros(6, 6)
    for _ in range(2000):
        labels = random_clusters(6, 3, generator)
        meetings += labels[:, None] == labels[None, :]
    shares = meetings[~torch.eye(6, dtype=torch.bool)] / 2000
    assert float(shares.min()) > 0.2
    assert float(shares.max() - shares.min()) < 0.08  # eight standard errors


def test_the_clusters_do_not_depend_on_the_weights() -> None:
    model = small_model()
    one = SPEC.compress(model, 0.5, PostHocOptions(), small_inputs(), seeded(1)).model
    for parameter in model.parameters():
        parameter.data.mul_(3)  # the same clusters give three times the means and sums
    other = SPEC.compress(model, 0.5, PostHocOptions(), small_inputs(), seeded(1)).model
    for name, parameter in one.named_parameters():
        assert_near(3 * parameter, dict(other.named_parameters())[name])


@pytest.mark.parametrize("level", [0.25, 0.5])
def test_another_seed_merges_others(level: float) -> None:
    states = [
        SPEC.compress(small_model(), level, PostHocOptions(), small_inputs(), seeded(seed)).model.state_dict()
        for seed in range(2)
    ]
    assert not states_equal(*states)
