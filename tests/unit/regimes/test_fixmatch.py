"""FixMatch: the equation, the threshold's ends, and a gradient through the strong view alone."""

import pytest
import torch

from lethe.core import registry
from lethe.regimes.semi_supervised import loss_on_confident
from lethe.regimes.spec import Batch
from support.near import assert_near
from unit.regimes.semi_batches import cross_entropies, learner_for, loss_value, semi_batch

NAME = "fixmatch"


@pytest.mark.parametrize("threshold", [0.6, 0.75, 0.9])
@torch.no_grad()
def test_the_loss_is_the_equation(threshold: float) -> None:
    learner, batch = learner_for(NAME), semi_batch(2, unlabelled=40)
    weak, strong = (learner.model(view) for view in batch.unlabelled)
    confidence, pseudo_labels = weak.softmax(dim=1).max(dim=1)
    assert 5 < int((confidence >= threshold).sum()) < 35
    each = cross_entropies(strong, pseudo_labels)
    taught = sum(each[i] for i in range(40) if confidence[i] >= threshold) / 40
    known = cross_entropies(learner.model(batch.images[0]), batch.labels).mean()
    assert_near(loss_value(NAME, learner, batch, threshold=threshold, weight=2.0), known + 2 * taught)


def test_out_of_reach_confidence_leaves_the_labelled_loss() -> None:
    learner, batch = learner_for(NAME), semi_batch(2)
    alone = loss_value("supervised_labelled", learner, batch)
    assert_near(loss_value(NAME, learner, batch, threshold=1.0), alone)
    assert loss_value(NAME, learner, batch, threshold=0.0) > alone


def test_a_threshold_of_0_teaches_every_image() -> None:
    weak, strong = torch.randn(2, 30, 3, generator=torch.Generator().manual_seed(0))
    expected = cross_entropies(strong, weak.argmax(dim=1)).mean()
    assert_near(loss_on_confident(weak, strong, 0.0), expected)


def test_the_gradient_flows_through_the_strong_view_alone() -> None:
    learner, batch = learner_for(NAME), semi_batch(2)
    weak, strong = (view.requires_grad_() for view in batch.unlabelled)
    seen = Batch(batch.images, batch.labels, (weak, strong))
    loss_value(NAME, learner, seen, threshold=0.0).backward()
    assert float(weak.grad.abs().sum()) == 0 < float(strong.grad.abs().sum())


def test_all_views_pass_through_the_network_together() -> None:
    learner, batch = learner_for(NAME).train(), semi_batch(2)
    seen: list[int] = []
    learner.model.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    loss_value(NAME, learner, batch)
    assert seen == [26]


def test_what_is_recorded_is_the_average() -> None:
    learner = learner_for(NAME)
    spec = registry.load(registry.REGIMES, NAME)
    assert spec.recorded(learner) is not learner.model
    with torch.no_grad():
        learner.model.head.bias += 1.0
    gap = learner.model.head.bias - spec.recorded(learner).head.bias
    spec.after_step(learner, semi_batch(2), spec.Options(epochs=1, decay=0.05))
    left = learner.model.head.bias - spec.recorded(learner).head.bias
    assert_near(left, 0.05 * gap)  # the option is below what the first step would allow
