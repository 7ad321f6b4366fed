"""SimCLR: NT-Xent of the projections of two views."""

from math import exp, log

import pytest
import torch

from support.near import assert_near
from unit.regimes.pairs import BATCH, contrast, learner_for, loss_value, pair_batch, projections, swapped

NAME = "simclr"


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_the_loss_is_the_equation(temperature: float) -> None:
    learner, batch = learner_for(NAME), pair_batch()
    points = torch.cat(projections(learner, batch))
    partners = [[(i + BATCH) % (2 * BATCH)] for i in range(2 * BATCH)]
    assert_near(loss_value(NAME, learner, batch, temperature=temperature), contrast(points, partners, temperature))


def test_the_loss_is_that_of_pytorch_metric_learning() -> None:
    from pytorch_metric_learning.losses import NTXentLoss

    learner, batch = learner_for(NAME), pair_batch()
    points, images = torch.cat(projections(learner, batch)), torch.arange(BATCH).repeat(2)
    assert_near(loss_value(NAME, learner, batch, temperature=0.3), NTXentLoss(0.3)(points, images))


def test_views_may_be_swapped() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    assert_near(loss_value(NAME, learner, batch), loss_value(NAME, learner, swapped(batch)))


def test_both_views_are_one_batch_for_batch_norm() -> None:
    learner, batch = learner_for(NAME).train(), pair_batch()
    loss_value(NAME, learner, batch)
    assert int(learner.model.encoder.bn1.num_batches_tracked) == 1


def test_equal_views_of_orthogonal_images_reach_the_known_minimum() -> None:
    """Each view sees one positive of cosine 1 and 2 (B - 1) negatives of cosine 0."""
    from lightly.loss.ntx_ent_loss import NTXentLoss

    points, temperature = torch.eye(BATCH), 0.5
    expected = -log(exp(1 / temperature) / (exp(1 / temperature) + 2 * (BATCH - 1)))
    assert_near(NTXentLoss(temperature)(points, points), torch.tensor(expected))
