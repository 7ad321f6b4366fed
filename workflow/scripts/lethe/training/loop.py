"""The one training loop: one network, any regime, any device; each epoch depends on (replicate, epoch) alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor, nn

from lethe.core.errors import ConfigError, Diverged
from lethe.core.seeding import Replicate
from lethe.data.views import augment
from lethe.models.spec import Classifier
from lethe.regimes.spec import Batch, RegimeOptions, RegimeSpec
from lethe.training.compute import Compute
from lethe.training.schedule import learning_rate

Masks = dict[str, Tensor]
# Masks to hold from a step on, by parameter name, 1 = kept, given the network as it is before that step.
MaskSchedule = Callable[[int, Classifier], Masks]


@dataclass(frozen=True)
class TrainingData:
    """Training images and labels, resident on the device, and the views that keep the labels true."""

    images: UInt8[Tensor, "examples channels height width"]
    labels: Int64[Tensor, " examples"]
    views: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """How one network is trained: the regime with its options, the replicate's randomness, device and precision."""

    regime: RegimeSpec
    options: RegimeOptions
    replicate: Replicate
    compute: Compute


@dataclass(frozen=True)
class EpochEnd:
    """What is known after an epoch: how many are done, and the mean loss over its steps."""

    epoch: int
    loss: float
    model: Classifier
    optimizer: torch.optim.Optimizer


def fit(
    model: Classifier,
    data: TrainingData,
    recipe: Recipe,
    *,
    first_epoch: int = 0,
    optimizer: torch.optim.Optimizer | None = None,
    masks: MaskSchedule | None = None,
    after_epoch: Callable[[EpochEnd], None] | None = None,
) -> None:
    """Train a network in place, from `first_epoch` to the last.

    Args:
        optimizer: with its state, when training resumes.
        masks: asked before every step, counted from the start of the training; masked weights are set to 0 at once
            and again after the step. What it returns may depend on the step and the weights alone, or training that
            resumes would differ.
        after_epoch: called after every epoch, before the next.
    Raises: Diverged: a loss or a weight is not finite.
    """
    options, compute = recipe.options, recipe.compute
    optimizer = optimizer or make_optimizer(model, options)
    for epoch in range(first_epoch, options.epochs):
        with compute.seeded(recipe.replicate.integer("dropout", epoch)):
            mean_loss = _epoch(model, data, recipe, epoch, optimizer, masks)
        _refuse_divergence(mean_loss, model, recipe, epoch)
        if after_epoch:
            after_epoch(EpochEnd(epoch + 1, mean_loss, model, optimizer))


def _epoch(
    model: Classifier,
    data: TrainingData,
    recipe: Recipe,
    epoch: int,
    optimizer: torch.optim.Optimizer,
    masks: MaskSchedule | None,
) -> float:
    """Mean loss over one pass through the data."""
    options, compute = recipe.options, recipe.compute
    steps = steps_per_epoch(len(data.labels), options.batch_size)
    parameters = dict(model.named_parameters())
    total = torch.zeros((), device=compute.device)
    model.train()
    for step, batch in enumerate(_batches(data, recipe, epoch), start=epoch * steps):
        _set_rate(optimizer, step, steps * options.epochs, options)
        held = masks(step, model) if masks else {}
        _hold(parameters, held)
        with compute.autocast():
            loss = recipe.regime.loss(model, batch, options)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        _hold(parameters, held)
        total += loss.detach()
    return float(total) / steps


def total_steps(num_examples: int, options: RegimeOptions) -> int:
    """Steps of a whole training.

    Raises: ConfigError: fewer examples than one batch.
    """
    return steps_per_epoch(num_examples, options.batch_size) * options.epochs


def steps_per_epoch(num_examples: int, batch_size: int) -> int:
    """Whole batches in an epoch; the incomplete one is left out, because batch-norm needs company.

    Raises: ConfigError: fewer examples than one batch.
    """
    if num_examples < batch_size:
        raise ConfigError(f"batch_size {batch_size} given, but there are {num_examples} training images; lower it")
    return num_examples // batch_size


def make_optimizer(model: nn.Module, options: RegimeOptions) -> torch.optim.Optimizer:
    """SGD with Nesterov momentum, or AdamW; the loop sets the rate at every step."""
    common: dict[str, Any] = {"lr": options.learning_rate, "weight_decay": options.weight_decay}
    if options.optimizer == "adamw":
        return torch.optim.AdamW(model.parameters(), betas=(options.momentum, 0.999), **common)
    return torch.optim.SGD(model.parameters(), momentum=options.momentum, nesterov=options.momentum > 0, **common)


def _batches(data: TrainingData, recipe: Recipe, epoch: int) -> Iterator[Batch]:
    """One epoch in a fresh order, every example augmented once a view."""
    generator = _generator(recipe, "order", epoch)
    augmentation = _generator(recipe, "augmentation", epoch)
    order = torch.randperm(len(data.labels), generator=generator, device=generator.device)
    size = recipe.options.batch_size
    for step in range(steps_per_epoch(len(order), size)):
        chosen = order[step * size : (step + 1) * size].to(data.images.device)
        images = data.images[chosen]
        views = tuple(augment(images, data.views, augmentation) for _ in range(recipe.regime.views))
        yield Batch(tuple(v.contiguous(memory_format=torch.channels_last) for v in views), data.labels[chosen])


def _generator(recipe: Recipe, name: str, epoch: int) -> torch.Generator:
    generator = torch.Generator(device="cpu")
    return generator.manual_seed(recipe.replicate.integer(name, epoch))


def _set_rate(optimizer: torch.optim.Optimizer, step: int, steps: int, options: RegimeOptions) -> None:
    rate = learning_rate(step, steps, kind=options.schedule, peak=options.learning_rate, warmup=options.warmup)
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.no_grad()
def _hold(parameters: dict[str, nn.Parameter], masks: Masks) -> None:
    for name, mask in masks.items():
        parameters[name].mul_(mask)


def _refuse_divergence(loss: float, model: nn.Module, recipe: Recipe, epoch: int) -> None:
    if isfinite(loss) and all(bool(torch.isfinite(p).all()) for p in model.parameters()):
        return
    raise Diverged(
        f"seed {recipe.replicate.seed} diverged in epoch {epoch + 1} (mean loss {loss}); the likely option is "
        f"regimes.{recipe.regime.name}.learning_rate, now {recipe.options.learning_rate:g}: lower it"
    )
