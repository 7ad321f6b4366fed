"""Mean teacher: the equation, agreement of equals, the ramp, and a teacher that learns by following alone."""

from math import exp

import pytest
import torch

from lethe.core import registry
from lethe.regimes.averages import slow_model
from lethe.regimes.kinds.mean_teacher import Options, consistency, weight_at
from lethe.regimes.spec import Batch
from support.near import assert_near
from support.small import small_model
from unit.regimes.semi_batches import cross_entropies, learner_for, loss_value, semi_batch

NAME = "mean_teacher"


def probabilities(logits: torch.Tensor) -> torch.Tensor:
    powers = logits.double().exp()
    return powers / powers.sum(dim=1, keepdim=True)


def test_the_loss_is_the_equation() -> None:
    learner, batch = learner_for(NAME), semi_batch(2, progress=0.1)
    slow_model(learner).load_state_dict(small_model(seed=5).state_dict())
    student = probabilities(learner.model(batch.unlabelled[0]))
    teacher = probabilities(slow_model(learner)(batch.unlabelled[1]))
    apart = sum((student[i, c] - teacher[i, c]) ** 2 for i in range(10) for c in range(3)) / 30
    known = cross_entropies(learner.model(batch.images[0]), batch.labels).mean()
    expected = known + 50 * exp(-5 * (1 - 0.1 / 0.4) ** 2) * apart
    assert_near(loss_value(NAME, learner, batch), expected)


@pytest.mark.parametrize("is_training", [True, False])
def test_equal_networks_agree_on_equal_views(is_training: bool) -> None:
    learner, batch = learner_for(NAME).train(is_training), semi_batch(1, progress=0.9)
    same = Batch(batch.images, batch.labels, batch.unlabelled * 2, batch.progress)
    alone = loss_value(NAME, learner, same, weight=0)
    assert torch.equal(loss_value(NAME, learner, same), alone)
    other = semi_batch(2, progress=0.9)
    assert loss_value(NAME, learner, other) > loss_value(NAME, learner, other, weight=0)


def test_consistency_of_opposite_certainties() -> None:
    certain = torch.tensor([[50.0, -50.0]])
    assert_near(consistency(certain, -certain), 1.0)


def test_the_ramp() -> None:
    options = Options(epochs=1, weight=10, ramp=0.5)
    assert weight_at(0.0, options) == pytest.approx(10 * exp(-5))
    assert weight_at(0.25, options) == pytest.approx(10 * exp(-1.25))
    assert weight_at(0.5, options) == weight_at(0.9, options) == 10
    assert weight_at(0.0, Options(epochs=1, ramp=0)) == 50


def test_the_teacher_has_no_gradient_follows_and_is_recorded() -> None:
    learner, batch = learner_for(NAME), semi_batch(2, progress=0.9)
    spec = registry.load(registry.REGIMES, NAME)
    loss_value(NAME, learner, batch).backward()
    teacher = spec.recorded(learner)
    assert all(p.grad is None and not p.requires_grad for p in teacher.parameters())
    assert all(p.grad is not None for p in learner.model.parameters())
    before = teacher.head.weight.clone()
    with torch.no_grad():
        learner.model.head.weight += 1
        registry.load(registry.REGIMES, NAME).after_step(learner, batch, Options(epochs=1))
    # At the first step a tenth of the copy stays.
    assert_near(teacher.head.weight, before + 0.9)
