"""The one training loop: one network, any regime, any device; each epoch depends on (replicate, epoch) alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lethe.core.errors import ConfigError, Diverged
from lethe.core.seeding import Replicate
from lethe.data.augment import Pipeline, augment
from lethe.networks.compute import Compute
from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch, Loss, RegimeOptions, RegimeSpec
from lethe.training.schedule import learning_rate

UNKNOWN = -1  # label of an image whose label a regime must not know
Masks = dict[str, Tensor]
# Masks to hold from a step on, by parameter name, 1 = kept, given the network as it is before that step.
MaskSchedule = Callable[[int, Classifier], Masks]


@dataclass(frozen=True)
class Pipelines:
    """The views of a step, ready to be drawn; see `regimes.spec.Views`."""

    images: tuple[Pipeline, ...]
    unlabelled: tuple[Pipeline, ...] = ()


@dataclass(frozen=True)
class TrainingData:
    """Training images and labels, resident on the device, and the views of a step.

    Attributes:
        labels: UNKNOWN where the regime must not know them.
        labelled: positions of the images whose labels may be used, where these are only some.
    """

    images: UInt8[Tensor, "examples channels height width"]
    labels: Int64[Tensor, " examples"]
    views: Pipelines
    labelled: Int64[Tensor, " labelled"] | None = None


@dataclass(frozen=True)
class Recipe:
    """How one network is trained: the regime with its options, the replicate's randomness, device and precision."""

    name: str  # as it is configured
    regime: RegimeSpec
    options: RegimeOptions
    replicate: Replicate
    compute: Compute


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
    optimizer = optimizer or make_optimizer(learner, options)
    for epoch in range(first_epoch, options.last_epoch):
        with compute.seeded(recipe.replicate.integer("dropout", epoch)):
            mean_loss = _epoch(learner, data, recipe, epoch, optimizer, masks)
        _refuse_divergence(mean_loss, learner, recipe, epoch)
        if after_epoch:
            after_epoch(EpochEnd(epoch + 1, mean_loss, learner, optimizer))


def _epoch(
    learner: Learner,
    data: TrainingData,
    recipe: Recipe,
    epoch: int,
    optimizer: torch.optim.Optimizer,
    masks: MaskSchedule | None,
) -> float:
    """Mean loss over one pass through the data."""
    regime, options, compute = recipe.regime, recipe.options, recipe.compute
    steps = steps_per_epoch(len(data.labels), options.examples_a_step)
    held_in = [dict(model.named_parameters()) for model in {learner.model: None, regime.recorded(learner): None}]
    total = torch.zeros((), device=compute.device)
    learner.train()
    for step, batch in enumerate(_batches(data, recipe, epoch, compute.layout(learner)), start=epoch * steps):
        _set_rate(optimizer, step, steps * options.epochs, options)
        held = masks(step, learner.model) if masks else {}
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


def total_steps(num_examples: int, options: RegimeOptions) -> int:
    """Steps that are trained.

    Raises: ConfigError: fewer examples than one batch.
    """
    return steps_per_epoch(num_examples, options.examples_a_step) * options.last_epoch


def steps_per_epoch(num_examples: int, batch_size: int) -> int:
    """Whole batches in an epoch; the incomplete one is left out, because batch-norm needs company.

    Raises: ConfigError: fewer examples than one batch.
    """
    if num_examples < batch_size:
        raise ConfigError(
            f"{batch_size} images a step asked for (batch_size, times unlabelled_ratio where there is one), but there "
            f"are {num_examples} training images; lower it"
        )
    return num_examples // batch_size


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


def _batches(data: TrainingData, recipe: Recipe, epoch: int, layout: torch.memory_format) -> Iterator[Batch]:
    """One epoch in a fresh order, every example augmented once per view."""
    options = recipe.options
    augmentation = _generator(recipe, "augmentation", epoch)
    order = torch.randperm(len(data.labels), generator=_generator(recipe, "order", epoch))
    size, steps = options.examples_a_step, steps_per_epoch(len(order), options.examples_a_step)
    labelled = _labelled_order(data, recipe, epoch, steps * options.batch_size)
    for step in range(steps):
        stream = order[step * size : (step + 1) * size].to(data.images.device)
        chosen = stream if labelled is None else labelled[step * options.batch_size : (step + 1) * options.batch_size]
        yield Batch(
            _views(data.images[chosen], data.views.images, augmentation, layout),
            data.labels[chosen],
            _views(data.images[stream], data.views.unlabelled, augmentation, layout),
            progress=(epoch * steps + step) / (steps * options.epochs),
        )


def _views(
    images: Tensor, pipelines: Sequence[Pipeline], generator: torch.Generator, layout: torch.memory_format
) -> tuple[Tensor, ...]:
    views = (augment(images, pipeline, generator) for pipeline in pipelines)
    return tuple(view.contiguous(memory_format=layout) for view in views)


def _labelled_order(data: TrainingData, recipe: Recipe, epoch: int, count: int) -> Tensor | None:
    """So many positions of labelled images: all of them in a fresh order, as often as it takes."""
    if data.labelled is None:
        return None
    generator = _generator(recipe, "labelled_order", epoch)
    num_labelled = len(data.labelled)
    orders = [torch.randperm(num_labelled, generator=generator) for _ in range(-(-count // num_labelled))]
    return data.labelled[torch.cat(orders)[:count].to(data.labelled.device)]


def _generator(recipe: Recipe, name: str, epoch: int) -> torch.Generator:
    generator = torch.Generator(device="cpu")
    return generator.manual_seed(recipe.replicate.integer(name, epoch))


def _set_rate(optimizer: torch.optim.Optimizer, step: int, steps: int, options: RegimeOptions) -> None:
    rate = learning_rate(step, steps, kind=options.schedule, peak=options.learning_rate, warmup=options.warmup)
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.no_grad()
def _hold(models: Sequence[dict[str, nn.Parameter]], masks: Masks) -> None:
    for parameters in models:
        for name, mask in masks.items():
            parameters[name].mul_(mask)


def _refuse_divergence(loss: float, learner: nn.Module, recipe: Recipe, epoch: int) -> None:
    if isfinite(loss) and all(bool(torch.isfinite(p).all()) for p in learner.parameters()):
        return
    raise Diverged(
        f"seed {recipe.replicate.seed} diverged in epoch {epoch + 1} (mean loss {loss}); the likely option is "
        f"regimes.{recipe.name}.learning_rate, now {recipe.options.learning_rate:g}: lower it"
    )
