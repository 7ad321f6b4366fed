"""Learners and batches of labelled and unlabelled images, to test semi-supervised losses with."""

from typing import Any

import torch

from lethe.core import registry
from lethe.data.augment import to_float
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch
from support.small import small_images, small_model


def options_for(name: str, **options: Any) -> Any:
    return registry.load(registry.REGIMES, name).Options(epochs=1, **options)


def learner_for(name: str, seed: int = 0, **options: Any) -> Learner:
    """In evaluation mode, where an image's logits do not depend on the images beside it."""
    model = small_model(seed)
    with torch.no_grad():  # an untrained head gives all images nearly the same probabilities
        model.head.weight *= 400
        model.head.bias.copy_(-model.head.weight @ model.features(_images(50, seed=99)).mean(dim=0))
    return registry.load(registry.REGIMES, name).start(model, options_for(name, **options)).eval()


def semi_batch(views: int, *, labelled: int = 6, unlabelled: int = 10, progress: float = 0.0, seed: int = 0) -> Batch:
    """Every view another image, so that a test sees which one was used."""
    pools = [_images(unlabelled, seed=seed + 1 + view) for view in range(views)]
    return Batch((_images(labelled, seed=seed),), torch.arange(labelled) % 3, tuple(pools), progress)


def _images(count: int, *, seed: int) -> torch.Tensor:
    """Noise of different brightness."""
    return to_float(small_images(count, seed=seed)) * torch.linspace(0, 1, count)[:, None, None, None]


def cross_entropies(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """-log softmax(logits)[label] of every example, written out in float64."""
    powers = logits.double().exp()
    return torch.stack([-(powers[i, labels[i]] / powers[i].sum()).log() for i in range(len(labels))])


def loss_value(name: str, learner: Learner, batch: Batch, **options: Any) -> torch.Tensor:
    return registry.load(registry.REGIMES, name).loss(learner, batch, options_for(name, **options)).value
