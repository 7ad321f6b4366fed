"""Learners, batches of two views and terms of equations written out, to test losses of two views with."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lethe.core import registry
from lethe.data.augment import to_float
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch
from support.small import small_images, small_model

BATCH = 6


def options_for(name: str, **options: Any) -> Any:
    return registry.load(registry.REGIMES, name).Options(epochs=1, projector_hidden=10, projector_out=5, **options)


def learner_for(name: str, seed: int = 0, **options: Any) -> Learner:
    """In evaluation mode, where an image's projection does not depend on the images beside it."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        learner = registry.load(registry.REGIMES, name).start(small_model(seed), options_for(name, **options))
    return learner.eval()


def pair_batch(seed: int = 0, *, progress: float = 0.0) -> Batch:
    """Two views that have nothing in common but their brightness, a different one per image."""
    brightness = torch.linspace(0.1, 1, BATCH)[:, None, None, None]
    views = (to_float(small_images(BATCH, seed=2 * seed + view)) * brightness for view in (0, 1))
    return Batch(tuple(views), torch.arange(BATCH) % 3, progress=progress)


def swapped(batch: Batch) -> Batch:
    return Batch(batch.images[::-1], batch.labels, progress=batch.progress)


def loss_value(name: str, learner: Learner, batch: Batch, **options: Any) -> Tensor:
    return registry.load(registry.REGIMES, name).loss(learner, batch, options_for(name, **options)).value


def projections(learner: Learner, batch: Batch) -> list[Tensor]:
    """Of both views, in float64."""
    return [learner.heads["projector"](learner.model.features(view)).double() for view in batch.images]


def cosine(one: Tensor, other: Tensor) -> Tensor:
    return (one @ other) / (one.norm() * other.norm())


def contrast(points: Tensor, positives: Sequence[Sequence[int]], temperature: float) -> Tensor:
    """Equation 2 of SupCon, one pair after the other; with one positive each it is equation 1 of SimCLR."""
    losses = []
    for i, own in enumerate(positives):
        powers = {k: (cosine(points[i], points[k]) / temperature).exp() for k in range(len(points)) if k != i}
        losses.append(-sum((powers[p] / sum(powers.values())).log() for p in own) / len(own))
    return torch.stack(losses).mean()
