"""SimCLR, then fine-tuning: the phases' losses, and no label in the encoder before the second."""

import pytest
import torch

from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch
from support.near import assert_near
from unit.regimes.semi_batches import cross_entropies, learner_for, loss_value, semi_batch

NAME = "simclr_finetune"


def nt_xent(first: torch.Tensor, second: torch.Tensor, temperature: float) -> torch.Tensor:
    """Equation 1 of SimCLR, one pair after the other."""
    points = torch.cat((first, second)).double()
    points = points / points.norm(dim=1, keepdim=True)
    count, losses = len(first), []
    for i in range(2 * count):
        partner = (i + count) % (2 * count)
        similar = [(points[i] @ points[k] / temperature).exp() for k in range(2 * count)]
        losses.append(-(similar[partner] / sum(similar[k] for k in range(2 * count) if k != i)).log())
    return torch.stack(losses).mean()


def test_the_first_phase_is_the_equation() -> None:
    learner, batch = learner_for(NAME), semi_batch(2, progress=0.79)
    one, other = (learner.heads["projector"](learner.model.features(view)) for view in batch.unlabelled)
    known = cross_entropies(learner.model(batch.images[0]), batch.labels).mean()
    value = loss_value(NAME, learner, batch, temperature=0.3)
    assert_near(value, nt_xent(one, other, 0.3) + known, rtol=1e-5, atol=1e-6)


def encoder_gradients(learner: Learner, batch: Batch) -> list[torch.Tensor]:
    return list(torch.autograd.grad(loss_value(NAME, learner, batch), list(learner.model.encoder.parameters())))


@pytest.mark.parametrize(("progress", "is_blind"), [(0.0, True), (0.79, True), (0.8, False)])
def test_labels_reach_the_encoder_in_the_second_phase_alone(progress: float, is_blind: bool) -> None:
    learner, batch = learner_for(NAME).train(), semi_batch(2, progress=progress)
    permuted = Batch(batch.images, batch.labels.roll(1), batch.unlabelled, progress)
    pairs = zip(encoder_gradients(learner, batch), encoder_gradients(learner, permuted), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs) == is_blind


def test_the_head_learns_in_both_phases() -> None:
    for progress in (0.0, 0.9):
        learner, batch = learner_for(NAME), semi_batch(2, progress=progress)
        loss_value(NAME, learner, batch).backward()
        assert float(learner.model.head.weight.grad.abs().sum()) > 0


def test_the_second_phase_is_cross_entropy_of_the_labelled_images() -> None:
    learner, batch = learner_for(NAME).train(), semi_batch(2, progress=0.8)
    alone = loss_value("supervised_labelled", learner, batch)
    assert torch.equal(loss_value(NAME, learner, batch), alone)
    assert learner.heads["projector"].layers[0].weight.grad is None
