"""Networks that are compressed while they train: what a method adds to the plan of the dense networks."""

from dataclasses import dataclass
from pathlib import Path

import torch

from lethe.compress.channels import ChannelGroup, groups_from_json
from lethe.compress.masks import sparsity_of
from lethe.compress.record import method_fields
from lethe.compress.spec import Inputs, InTrainingOptions, InTrainingSpec
from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.seeding import Replicate
from lethe.data.store import Stored
from lethe.networks.build import empty_classifier
from lethe.networks.spec import Classifier
from lethe.training.job import TrainingFiles, TrainingJob, train_job
from lethe.training.loop import total_steps
from lethe.training.plan import InTraining, Plan


@dataclass(frozen=True)
class TrainingOrder:
    """What is asked for: a configured method at one level; `groups` are the coupled channels, where they are known."""

    method: str
    spec: InTrainingSpec
    options: InTrainingOptions
    level: str
    groups: tuple[ChannelGroup, ...] | None = None


def training_order(method: str, plugin: str, level: str, options: str, channels: Path | None) -> TrainingOrder:
    """An order from plain arguments.

    Args:
        options: the method's options as JSON.
        channels: what `groups_json` wrote.
    Raises: ConfigError: no such plug-in, or one that compresses after training.
    """
    spec = registry.load(registry.METHODS, plugin)
    if spec.pairing != "in_training":
        raise ConfigError(f"method '{plugin}' compresses networks after their training; run compress.py for it")
    groups = None if channels is None else groups_from_json(channels.read_text())
    return TrainingOrder(method, spec, spec.Options.model_validate_json(options), level, groups)


def train_compressed(
    job: TrainingJob, order: TrainingOrder, checkpoint: Path, *, attempt: int, waited: bool = False
) -> None:
    """Train a block by a method that acts during training, and write its checkpoint.

    Raises:
        ConfigError: options that do not fit the length of the training, or a device that is not there.
        CompressionError: a level or a network that the method cannot take.
        Diverged: a seed's loss is no longer a number.
    """
    train_job(
        job,
        TrainingFiles(checkpoint),
        attempt=attempt,
        waited=waited,
        compression=lambda plan, train: in_training(order, plan, train),
    )


def in_training(order: TrainingOrder, plan: Plan, train: Stored) -> InTraining:
    """What the ordered method adds to a plan.

    Raises: ConfigError: options that do not fit the length of the training.
    """
    level, spec = float(order.level), order.spec
    dense = empty_classifier(plan.architecture)

    def start(model: Classifier, replicate: Replicate) -> Classifier:
        pool_order = replicate.numpy("calibration").permutation(len(train.labels))
        inputs = Inputs(train.images, pool_order, plan.compute.device, order.groups)
        generator = torch.Generator().manual_seed(replicate.integer("compression"))
        return spec.start(model, level, order.options, inputs, generator)

    return InTraining(
        record=method_fields(order.method, spec, order.options, order.level, treatment="trained"),
        start=start,
        masks=spec.masks(level, order.options, total_steps(len(train.labels), plan.options)),
        achieved=lambda model: sparsity_of(model, dense),
    )
