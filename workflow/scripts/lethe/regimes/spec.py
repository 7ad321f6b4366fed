"""What a file in `regimes/kinds` promises, and the options that every regime shares."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from jaxtyping import Float, Int64
from pydantic import Field, PositiveFloat, model_validator
from torch import Tensor

from lethe.core.errors import ConfigError
from lethe.core.options import MOST, Count, Strict
from lethe.data.default_views import ImageTraits
from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner, alone
from lethe.study.view_operations import ViewOperation

Operations = list[ViewOperation]


class RegimeOptions(Strict):
    """How long and how fast a network is trained; a regime's own options are added in its file."""

    epochs: Count = Field(description="passes over the training images")
    stop_after: Count | None = Field(
        default=None, description="epochs after which training is broken off: a point along the training of all epochs"
    )
    batch_size: int = Field(
        default=128, ge=2, le=MOST, description="images per step; the last incomplete batch is left out"
    )
    optimizer: Literal["sgd", "adamw", "lars"] = Field(
        default="sgd", description="SGD with Nesterov momentum, AdamW, or LARS for large batches"
    )
    learning_rate: PositiveFloat = Field(default=0.1, description="peak of the schedule")
    momentum: float = Field(default=0.9, ge=0, lt=1, description="Nesterov momentum, or AdamW's beta1")
    weight_decay: float = Field(default=5e-4, ge=0, description="on every parameter")
    schedule: Literal["one_cycle", "cosine"] = Field(default="one_cycle", description="learning rate over steps")
    warmup: float = Field(default=0.25, ge=0, lt=1, description="share of the steps that the rate rises")
    views: Operations | None = Field(default=None, description="augmentations; by default the usual ones of the regime")
    checkpoints: Count = Field(default=10, description="points of training kept in the trajectories")

    @model_validator(mode="after")
    def _stops_within(self) -> "RegimeOptions":
        """Refuse a stop beyond the end of the training."""
        if self.stop_after is not None and self.stop_after > self.epochs:
            raise ValueError(
                f"stop_after {self.stop_after} is beyond the {self.epochs} epochs of the training; lower it"
            )
        return self

    @property
    def last_epoch(self) -> int:
        """Epochs that are trained."""
        return self.stop_after or self.epochs

    @property
    def examples_per_step(self) -> int:
        """Examples of the stream that an epoch passes through once."""
        return self.batch_size

    def steps_per_epoch(self, num_examples: int) -> int:
        """Whole batches in an epoch; the incomplete one is left out, because batch-norm needs company.

        Raises: ConfigError: fewer examples than one batch.
        """
        if num_examples < self.examples_per_step:
            raise ConfigError(
                f"{self.examples_per_step} images per step asked for (batch_size, times unlabelled_ratio where there "
                f"is one), but there are {num_examples} training images; lower it"
            )
        return num_examples // self.examples_per_step

    def total_steps(self, num_examples: int) -> int:
        """Steps that are trained.

        Raises: ConfigError: fewer examples than one batch.
        """
        return self.steps_per_epoch(num_examples) * self.last_epoch


class SemiOptions(RegimeOptions):
    """Options of a regime that sees few labels: an epoch is a pass over all images, most of them without label."""

    batch_size: int = Field(default=64, ge=2, le=MOST, description="labelled images per step")
    unlabelled_ratio: Count = Field(default=7, description="unlabelled images per step, in batches")

    @property
    def examples_per_step(self) -> int:
        """Unlabelled images of a step."""
        return self.batch_size * self.unlabelled_ratio


@dataclass(frozen=True)
class Views:
    """The views that a step needs, each as it would stand in a config.

    Attributes:
        images: one entry per view of the examples whose labels are beside them.
        unlabelled: one entry per view of the examples without labels; only where some labels are used.
    """

    images: tuple[Operations, ...]
    unlabelled: tuple[Operations, ...] = ()


@dataclass(frozen=True)
class Batch:
    """What a regime's loss sees of one step: one tensor per view, pixels in 0..1.

    Attributes:
        unlabelled: views of other examples, whose labels nobody knows.
        progress: share of the training's steps that lie behind, in [0, 1).
    """

    images: tuple[Float[Tensor, "batch channels height width"], ...]
    labels: Int64[Tensor, " batch"]
    unlabelled: tuple[Float[Tensor, "others channels height width"], ...] = ()
    progress: float = 0.0


@dataclass(frozen=True)
class Loss:
    """What a step minimises, and the features from which an online probe may learn.

    Attributes:
        value: the mean over the batch.
        features: of the first view or of all views one after the other; None where the head learns from `value`.
    """

    value: Float[Tensor, ""]
    features: Float[Tensor, "examples features"] | None = None


def _nothing(learner: Learner, batch: Batch, options: RegimeOptions) -> None:
    """No slow copy, no queue."""


def _trained_model(learner: Learner) -> Classifier:
    return learner.model


@dataclass(frozen=True)
class RegimeSpec:
    """One regime: `SPEC = RegimeSpec(...)` in its file, `name` to `head` as literals.

    Attributes:
        labels: which labels the loss may use: `all`, `some` or `none`.
        head: `trained` by the loss, or a `probe`: online on detached features, refitted on frozen ones at the end.
        views: (options, traits of the images) -> the views of a step.
        loss: (learner, batch, options) -> Loss.
        start: (model, options) -> learner; what it adds draws from torch's global generator, which is seeded.
        after_step: moves slow copies and queues; called without gradient.
        recorded: the network that is evaluated and kept.
    """

    name: str
    summary: str
    source: str
    labels: Literal["all", "some", "none"]
    head: Literal["trained", "probe"]
    Options: type[RegimeOptions]
    views: Callable[[Any, ImageTraits], Views]
    loss: Callable[[Learner, Batch, Any], Loss]
    start: Callable[[Classifier, Any], Learner] = alone
    after_step: Callable[[Learner, Batch, Any], None] = _nothing
    recorded: Callable[[Learner], Classifier] = _trained_model
