"""Barlow Twins: correlations between the coordinates of two views."""

import torch

from support.near import assert_near
from unit.regimes.pairs import learner_for, loss_value, pair_batch, projections, swapped

NAME = "barlow_twins"


def correlations(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """One pair of coordinates after the other."""
    table = [[torch.corrcoef(torch.stack([one, other]))[0, 1] for other in second.T] for one in first.T]
    return torch.tensor(table)


def test_the_loss_is_the_equation() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    with torch.no_grad():  # far enough apart that the small constant under lightly's square root does not show
        learner.heads["projector"].layers[-1].weight *= 1e5
    table = correlations(*(points.detach() for points in projections(learner, batch)))
    invariance = sum((1 - table[i, i]) ** 2 for i in range(5))
    redundancy = sum(table[i, j] ** 2 for i in range(5) for j in range(5) if i != j)
    value = loss_value(NAME, learner, batch, redundancy_weight=0.02, scale=0.3)
    assert_near(value, 0.3 * (invariance + 0.02 * redundancy))


def test_equal_views_leave_the_correlations_between_coordinates() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    with torch.no_grad():
        learner.heads["projector"].layers[-1].weight *= 1e5
    same = type(batch)((batch.images[0],) * 2, batch.labels)
    table = correlations(*(points.detach() for points in projections(learner, same)))
    redundancy = (table**2).sum() - (table.diagonal() ** 2).sum()
    assert_near(loss_value(NAME, learner, same, redundancy_weight=1.0, scale=1.0), redundancy)


def test_views_may_be_swapped() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    assert_near(loss_value(NAME, learner, batch), loss_value(NAME, learner, swapped(batch)))


def test_batch_norm_sees_one_view_after_the_other() -> None:
    learner = learner_for(NAME).train()
    loss_value(NAME, learner, pair_batch())
    assert int(learner.model.encoder.bn1.num_batches_tracked) == 2
