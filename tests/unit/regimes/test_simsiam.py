"""SimSiam: a prediction of the other view's projection, and what its stopped gradient prevents."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lethe.core.errors import Collapsed
from lethe.data.store import BothSplits
from lethe.networks.spec import Classifier
from lethe.regimes.kinds import simsiam
from lethe.regimes.learner import Learner
from lethe.regimes.pairs import encode_apart
from lethe.regimes.spec import Batch, Loss
from lethe.training.block import train_block
from support.near import assert_near, is_near
from support.small import small_plan, toy_data
from unit.regimes.pairs import cosine, learner_for, loss_value, pair_batch, projections, swapped

NAME = "simsiam"


def test_the_loss_is_the_equation() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    first, second = projections(learner, batch)
    to_second, to_first = (learner.heads["predictor"](points.float()).double() for points in (first, second))
    pairs = [*zip(to_second, second, strict=True), *zip(to_first, first, strict=True)]
    assert_near(loss_value(NAME, learner, batch), -torch.stack([cosine(p, z) for p, z in pairs]).mean())


def test_views_may_be_swapped() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    assert_near(loss_value(NAME, learner, batch), loss_value(NAME, learner, swapped(batch)))


def without_stop(learner: Learner, batch: Batch, options: simsiam.Options) -> Loss:
    """The same loss with gradients through the targets."""
    seen, predictor = encode_apart(learner, batch), learner.heads["predictor"]
    similarity = torch.nn.functional.cosine_similarity
    to_second, to_first = similarity(predictor(seen.first), seen.second), similarity(predictor(seen.second), seen.first)
    return Loss(-(to_second + to_first).mean() / 2, seen.features)


def test_no_gradient_goes_through_the_targets() -> None:
    """The gradient is the one with the targets computed apart, and not the one with them in the graph."""
    learner, batch = learner_for(NAME), pair_batch()
    weights = list(learner.model.encoder.parameters())
    first, second = (points.detach().float() for points in projections(learner, batch))
    seen, predictor = encode_apart(learner, batch), learner.heads["predictor"]
    similarity = torch.nn.functional.cosine_similarity
    terms = similarity(predictor(seen.first), second) + similarity(predictor(seen.second), first)
    expected = torch.autograd.grad(-terms.mean() / 2, weights)
    stopped = torch.autograd.grad(loss_value(NAME, learner, batch), weights)
    through = torch.autograd.grad(without_stop(learner, batch, simsiam.Options(epochs=1)).value, weights)
    assert all(is_near(a, b, rtol=1e-3, atol=1e-6) for a, b in zip(stopped, expected, strict=True))
    assert not all(is_near(a, b, rtol=1e-3, atol=1e-6) for a, b in zip(stopped, through, strict=True))


def bare(model: Classifier, options: simsiam.Options) -> Learner:
    """Heads without batch-norm, which keeps projections apart."""
    linear = torch.nn.Linear
    heads = {"projector": linear(model.head.in_features, 16), "predictor": linear(16, 16)}
    return Learner(model, heads=heads)


@pytest.mark.slow
def test_features_that_collapse_are_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """Without what keeps them apart: the stopped gradient and batch-norm; strong weight decay makes it quick."""
    plan = small_plan((0,), regime_name=NAME, learning_rate=0.3, weight_decay=0.03, epochs=8, checkpoints=1)
    collapsing = replace(plan, name="twins", regime=replace(plan.regime, loss=without_stop, start=bare))
    data, output = toy_data(tmp_path), tmp_path / "out.safetensors"
    train_block(plan, BothSplits(*data), output, lambda step: None)
    with pytest.raises(Collapsed, match=r"seed 0 collapsed: .*regimes\.twins: a lower learning_rate"):
        train_block(collapsing, BothSplits(*data), output, lambda step: None)
