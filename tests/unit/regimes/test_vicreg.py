"""VICReg: its three terms, one at a time."""

import pytest
import torch

from support.near import assert_near
from unit.regimes.pairs import BATCH, learner_for, loss_value, pair_batch, projections, swapped

NAME = "vicreg"
WEIGHTS = ("invariance_weight", "variance_weight", "covariance_weight")
TINY = 1e-12  # weights must be positive


def invariance(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    return torch.stack([((a - b) ** 2).mean() for a, b in zip(first, second, strict=True)]).mean()


def variance(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    terms = [[max(0.0, 1 - float(column.var() + 1e-4) ** 0.5) for column in view.T] for view in (first, second)]
    return torch.tensor(terms).mean(dim=1).sum()


def covariance(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    total, width = 0.0, first.shape[1]
    for view in (first, second):
        centred = view - view.mean(dim=0)
        for i in range(width):
            for j in range(width):
                if i != j:
                    total += float((centred[:, i] * centred[:, j]).sum() / (BATCH - 1)) ** 2 / width
    return torch.tensor(total)


@pytest.mark.parametrize(("weight", "term"), [*zip(WEIGHTS, (invariance, variance, covariance), strict=True)])
@pytest.mark.parametrize("spread", [1, 30])
def test_each_term_is_the_equation(weight: str, term, spread: int) -> None:  # type: ignore[no-untyped-def]
    learner, batch = learner_for(NAME), pair_batch()
    with torch.no_grad():
        learner.heads["projector"].layers[-1].weight *= spread
    expected = term(*(points.detach() for points in projections(learner, batch)))
    assert_near(loss_value(NAME, learner, batch, **{**dict.fromkeys(WEIGHTS, TINY), weight: 3.0}), 3 * expected)


def test_the_loss_is_that_of_pytorch_metric_learning() -> None:
    """It takes the mean over views of the second term, as the authors' code does, the equation the sum."""
    from pytorch_metric_learning.losses import VICRegLoss

    learner, batch = learner_for(NAME), pair_batch()
    first, second = projections(learner, batch)
    assert_near(loss_value(NAME, learner, batch), VICRegLoss(variance_mu=50)(first, ref_emb=second))


def test_views_may_be_swapped() -> None:
    learner, batch = learner_for(NAME), pair_batch()
    assert_near(loss_value(NAME, learner, batch), loss_value(NAME, learner, swapped(batch)))
