"""Averages of weights: the recursion by hand, its steps part of the state, how slow a slow copy is over training."""

import pytest
import torch
from torch import nn

from lethe.regimes.averages import follow, follow_slowly, rising_decay, slow_copy, slow_model, with_slow_copy
from lethe.regimes.learner import Learner
from support.near import assert_near
from support.small import small_model, states_equal


@torch.no_grad()
def test_follow_by_hand() -> None:
    slow, fast = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    slow.load_state_dict({**slow.state_dict(), "weight": torch.tensor([2.0]), "running_mean": torch.tensor([10.0])})
    fast.load_state_dict({**fast.state_dict(), "weight": torch.tensor([4.0]), "num_batches_tracked": torch.tensor(7)})
    follow(slow, fast, 0.75)
    assert (float(slow.weight), float(slow.running_mean), int(slow.num_batches_tracked)) == (2.5, 7.5, 7)


def fresh() -> Learner:
    return with_slow_copy(small_model(), None)


def test_the_copy_starts_equal_and_apart() -> None:
    learner = fresh()
    assert states_equal(slow_model(learner).state_dict(), learner.model.state_dict())
    assert not {p.data_ptr() for p in learner.model.parameters()} & {p.data_ptr() for p in learner.slow.parameters()}
    assert {id(p) for p in learner.parameters() if p.requires_grad} == {id(p) for p in learner.model.parameters()}


@pytest.mark.parametrize("decay", [0.2, 0.5, 0.999])
def test_averages_by_hand(decay: float) -> None:
    learner = fresh()
    by_hand = learner.model.head.bias.detach().double()
    for t in range(12):
        with torch.no_grad():
            learner.model.head.bias += 0.1 * t
        follow_slowly(learner, decay)
        now = min(decay, (1 + t) / (10 + t))
        by_hand = now * by_hand + (1 - now) * learner.model.head.bias.detach().double()
    assert_near(slow_model(learner).head.bias, by_hand, rtol=1e-5, atol=1e-6)


def test_a_copy_of_zeros_follows_ones_as_computed_by_hand() -> None:
    """Decays 1/10, 2/11, 3/12 while they are below .999."""
    learner = fresh()
    with torch.no_grad():
        learner.model.head.bias.fill_(1.0)
        slow_model(learner).head.bias.zero_()
    for expected in (0.9, 0.981818182, 0.995454545):
        follow_slowly(learner, 0.999)
        assert_near(slow_model(learner).head.bias, expected, rtol=1e-5)


def test_steps_survive_a_resume() -> None:
    learner, resumed = fresh(), fresh()
    for _ in range(5):
        follow_slowly(learner, 0.999)
    resumed.load_state_dict(learner.state_dict())
    for each in (learner, resumed):
        with torch.no_grad():
            each.model.head.bias += 1
        follow_slowly(each, 0.999)
    assert int(slow_copy(resumed).steps) == 6
    assert states_equal(resumed.state_dict(), learner.state_dict())


@pytest.mark.parametrize(("first", "last"), [(0.99, 1.0), (0.99, 0.999), (0.5, 0.5)])
def test_the_decay_rises_along_half_a_cosine(first: float, last: float) -> None:
    """lightly reaches the end in the last step, we just after it."""
    from lightly.utils.scheduler import cosine_schedule

    for step in range(20):
        assert rising_decay(step / 20, first, last) == pytest.approx(cosine_schedule(step, 21, first, last))
