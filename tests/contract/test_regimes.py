"""What every training regime of the registry promises."""

import pytest
import torch

from lethe.core import registry
from lethe.data.views import to_float
from lethe.models.spec import Classifier
from lethe.regimes.spec import Batch
from support.small import small_images, small_model

REGIMES = registry.names("regimes")


def batch_for(views: int, labels: torch.Tensor | None = None) -> Batch:
    images = to_float(small_images(24))
    return Batch(tuple(images for _ in range(views)), torch.arange(24) % 3 if labels is None else labels)


def loss_of(name: str, model: Classifier, batch: Batch) -> torch.Tensor:
    spec = registry.load("regimes", name)
    return spec.loss(model, batch, spec.Options(epochs=1))


@pytest.mark.parametrize("name", REGIMES)
def test_the_loss_is_finite_and_falls_on_a_small_batch(name: str) -> None:
    model = small_model().train()
    batch = batch_for(registry.load("regimes", name).views)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    first = loss_of(name, model, batch)
    assert first.shape == () and torch.isfinite(first)
    for _ in range(20):
        optimizer.zero_grad()
        loss_of(name, model, batch).backward()
        optimizer.step()
    assert float(loss_of(name, model, batch).detach()) < float(first.detach())


@pytest.mark.parametrize("name", REGIMES)
def test_labels_count_exactly_where_the_regime_says_so(name: str) -> None:
    spec = registry.load("regimes", name)
    labels = torch.arange(24) % 3
    same = loss_of(name, small_model(), batch_for(spec.views, labels))
    permuted = loss_of(name, small_model(), batch_for(spec.views, labels.roll(1)))
    assert torch.equal(same, permuted) == (spec.labels == "none")
