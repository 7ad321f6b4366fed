"""BYOL: a prediction of what a slow copy makes of the other view, and how the copy follows."""

import pytest
import torch

from lethe.core import registry
from support.near import assert_near
from unit.regimes.pairs import cosine, learner_for, loss_value, options_for, pair_batch, swapped

NAME = "byol"


def apart(name: str = NAME) -> torch.nn.Module:
    """A learner whose slow copy is another network than the fast one."""
    learner, other = learner_for(name), learner_for(name, seed=5)
    learner.slow.load_state_dict(other.slow.state_dict())
    return learner


def test_the_loss_is_the_equation() -> None:
    learner, batch = apart(), pair_batch()
    terms = []
    for fast_view, slow_view in (batch.images, batch.images[::-1]):
        predictions = learner.heads["predictor"](learner.heads["projector"](learner.model.features(fast_view)))
        targets = learner.slow["projector"](learner.slow["model"].features(slow_view))
        terms += [2 - 2 * cosine(p.double(), t.double()) for p, t in zip(predictions, targets, strict=True)]
    assert_near(loss_value(NAME, learner, batch), 2 * torch.stack(terms).mean())


def test_views_may_be_swapped() -> None:
    learner, batch = apart(), pair_batch()
    assert_near(loss_value(NAME, learner, batch), loss_value(NAME, learner, swapped(batch)))


def test_the_gradient_goes_through_the_predictor_alone() -> None:
    learner, batch = apart(), pair_batch()
    loss_value(NAME, learner, batch).backward()
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in learner.slow.parameters())
    trained = [*learner.model.encoder.parameters(), *learner.heads.parameters()]
    assert all(parameter.grad is not None for parameter in trained)


def test_the_copy_starts_as_the_network() -> None:
    learner = learner_for(NAME)
    pairs = ((learner.model, learner.slow["model"]), (learner.heads["projector"], learner.slow["projector"]))
    for fast, slow in pairs:
        assert all(map(torch.equal, fast.parameters(), slow.parameters()))


@pytest.mark.parametrize(("progress", "decay"), [(0.0, 0.9), (0.3, 0.920611), (0.9, 0.997553)])
def test_after_a_step_the_copy_is_the_mixture_of_that_moment(progress: float, decay: float) -> None:
    """The decay rises from .9 along half a cosine, as computed by hand."""
    learner, spec = apart(), registry.load(registry.REGIMES, NAME)
    fast = [*learner.model.parameters(), *learner.heads["projector"].parameters()]
    slow = [*learner.slow["model"].parameters(), *learner.slow["projector"].parameters()]
    expected = [decay * one + (1 - decay) * other for one, other in zip(slow, fast, strict=True)]
    with torch.no_grad():
        spec.after_step(learner, pair_batch(progress=progress), options_for(NAME, decay=0.9))
    for one, other in zip(slow, expected, strict=True):
        assert_near(one, other)
