"""The one training loop: one network, any regime, any device; each epoch depends on (replicate, epoch) alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lethe.core.errors import Diverged
from lethe.core.seeding import Replicate
from lethe.data.augment import Pipeline, augment, read_pipeline
from lethe.data.labelled import positions_of
from lethe.data.store import Stored
from lethe.networks.compute import training_layout
from lethe.networks.spec import Masks
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch, Loss, RegimeOptions, RegimeSpec
from lethe.training.plan import TrainingPlan
from lethe.training.schedule import learning_rate

UNKNOWN = -1  # label of an image whose label a regime must not know


@dataclass(frozen=True)
class TrainingData:
    """Training images and labels of one seed, resident on the device.

    Attributes:
        labels: UNKNOWN where the regime must not know them.
        labelled: positions of the images whose labels may be used, where these are only some.
    """

    images: UInt8[Tensor, "examples channels height width"]
    labels: Int64[Tensor, " examples"]
    labelled: Int64[Tensor, " labelled"] | None = None


def training_data(plan: TrainingPlan, train: Stored, seed: int) -> TrainingData:
    """A seed's training images on the plan's device; labels that its regime must not know are not there."""
    device = plan.compute.device
    images, labels, labelled = train.images_on(device), train.labels, None
    if plan.regime.labels == "some":
        assert plan.labelled is not None
        positions = positions_of(plan.labelled, seed, train.example_ids)
        labels = np.full_like(labels, UNKNOWN)
        labels[positions] = train.labels[positions]
        labelled = torch.from_numpy(positions).to(device)
    return TrainingData(images, torch.from_numpy(labels).to(device), labelled)


@dataclass(frozen=True)
class EpochEnd:
    """What is known after an epoch: how many are done, and the mean loss over its steps."""

    epoch: int
    loss: float
    learner: Learner
    optimizer: torch.optim.Optimizer


def fit(
    learner: Learner,
    data: TrainingData,
    plan: TrainingPlan,
    seed: int,
    *,
    first_epoch: int = 0,
    optimizer: torch.optim.Optimizer | None = None,
    after_epoch: Callable[[EpochEnd], None] | None = None,
) -> None:
    """Train the network of one seed of a plan in place, from `first_epoch` to the last.

    Weights that the plan masks are set to 0 before a step and again after it.

    Args:
        optimizer: with its state, when training resumes.
        after_epoch: called after every epoch, before the next.
    Raises: Diverged: a loss or a weight is not finite.
    """
    learner.to(memory_format=training_layout(learner))
    optimizer, replicate = optimizer or make_optimizer(learner, plan.options), plan.replicate(seed)
    for epoch in range(first_epoch, plan.options.last_epoch):
        with plan.compute.seeded(replicate.integer("dropout", epoch)):
            mean_loss = _epoch(learner, data, plan, replicate, epoch, optimizer)
        _refuse_divergence(mean_loss, learner, plan, seed, epoch)
        if after_epoch:
            after_epoch(EpochEnd(epoch + 1, mean_loss, learner, optimizer))


def _epoch(
    learner: Learner,
    data: TrainingData,
    plan: TrainingPlan,
    replicate: Replicate,
    epoch: int,
    optimizer: torch.optim.Optimizer,
) -> float:
    """Mean loss over one pass through the data."""
    regime, options, compute = plan.regime, plan.options, plan.compute
    steps = options.steps_per_epoch(len(data.labels))
    held_in = [dict(model.named_parameters()) for model in {learner.model: None, regime.recorded(learner): None}]
    total = torch.zeros((), device=compute.device)
    learner.train()
    for step, batch in enumerate(_batches(data, plan, replicate, epoch, training_layout(learner)), start=epoch * steps):
        _set_rate(optimizer, step, steps * options.epochs, options)
        held = plan.held(step, learner.model)
        _hold(held_in, held)
        with compute.autocast():
            loss = regime.loss(learner, batch, options)
            objective = loss.value + _online_probe(regime, learner, loss, batch)
        optimizer.zero_grad(set_to_none=True)
        objective.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        with torch.no_grad():
            regime.after_step(learner, batch, options)
        _hold(held_in, held)
        total += loss.value.detach()
    return float(total) / steps


def _online_probe(regime: RegimeSpec, learner: Learner, loss: Loss, batch: Batch) -> Tensor:
    """Cross entropy of the head on detached features: it moves the head alone, so that accuracy is known meanwhile."""
    if regime.head == "trained":
        return loss.value.new_zeros(())
    assert loss.features is not None
    logits = learner.model.head(loss.features.detach())
    labels = batch.labels.repeat(len(logits) // len(batch.labels))
    return cross_entropy(logits.float(), labels)


def make_optimizer(learner: nn.Module, options: RegimeOptions) -> torch.optim.Optimizer:
    """SGD with Nesterov momentum, AdamW or LARS over all that gradients train; the loop sets the rate at every step."""
    trained = [parameter for parameter in learner.parameters() if parameter.requires_grad]
    common: dict[str, Any] = {"lr": options.learning_rate, "weight_decay": options.weight_decay}
    if options.optimizer == "adamw":
        return torch.optim.AdamW(trained, betas=(options.momentum, 0.999), **common)
    if options.optimizer == "lars":
        from lightly.utils.lars import LARS

        return LARS(trained, momentum=options.momentum, **common)
    return torch.optim.SGD(trained, momentum=options.momentum, nesterov=options.momentum > 0, **common)


def _batches(
    data: TrainingData, plan: TrainingPlan, replicate: Replicate, epoch: int, layout: torch.memory_format
) -> Iterator[Batch]:
    """One epoch in a fresh order, every example augmented once per view."""
    options = plan.options
    of_images, of_unlabelled = (
        [read_pipeline(operations) for operations in views] for views in (plan.views.images, plan.views.unlabelled)
    )
    augmentation, shuffling = (_generator(replicate, name, epoch) for name in ("augmentation", "order"))
    order = torch.randperm(len(data.labels), generator=shuffling)
    size, steps = options.examples_per_step, options.steps_per_epoch(len(order))
    labelled = None
    if data.labelled is not None:
        labelled = _labelled_order(
            data.labelled, steps * options.batch_size, _generator(replicate, "labelled_order", epoch)
        )
    for step in range(steps):
        stream = order[step * size : (step + 1) * size].to(data.images.device)
        chosen = stream if labelled is None else labelled[step * options.batch_size : (step + 1) * options.batch_size]
        yield Batch(
            _views(data.images[chosen], of_images, augmentation, layout),
            data.labels[chosen],
            _views(data.images[stream], of_unlabelled, augmentation, layout),
            progress=(epoch * steps + step) / (steps * options.epochs),
        )


def _views(
    images: Tensor, pipelines: Sequence[Pipeline], generator: torch.Generator, layout: torch.memory_format
) -> tuple[Tensor, ...]:
    """One tensor per pipeline, in the memory layout that the network prefers."""
    views = (augment(images, pipeline, generator) for pipeline in pipelines)
    return tuple(view.contiguous(memory_format=layout) for view in views)


def _labelled_order(
    labelled: Int64[Tensor, " labelled"], count: int, generator: torch.Generator
) -> Int64[Tensor, " chosen"]:
    """So many positions of labelled images: all of them in a fresh order, as often as it takes."""
    orders = [torch.randperm(len(labelled), generator=generator) for _ in range(-(-count // len(labelled)))]
    return labelled[torch.cat(orders)[:count].to(labelled.device)]


def _generator(replicate: Replicate, name: str, epoch: int) -> torch.Generator:
    return torch.Generator(device="cpu").manual_seed(replicate.integer(name, epoch))


def _set_rate(optimizer: torch.optim.Optimizer, step: int, steps: int, options: RegimeOptions) -> None:
    """Give every parameter the learning rate of a step out of so many."""
    rate = learning_rate(step, steps, schedule=options.schedule, peak=options.learning_rate, warmup=options.warmup)
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.no_grad()
def _hold(models: Sequence[dict[str, nn.Parameter]], masks: Masks) -> None:
    """Set masked weights to 0, in place."""
    for parameters in models:
        for name, mask in masks.items():
            parameters[name].mul_(mask)


def _refuse_divergence(loss: float, learner: nn.Module, plan: TrainingPlan, seed: int, epoch: int) -> None:
    """Stop where the loss or a weight is no longer finite, and name the option to change."""
    if isfinite(loss) and all(bool(torch.isfinite(p).all()) for p in learner.parameters()):
        return
    raise Diverged(
        f"seed {seed} diverged in epoch {epoch + 1} (mean loss {loss}); the likely option is "
        f"regimes.{plan.configured_name}.learning_rate, now {plan.options.learning_rate:g}: lower it"
    )
