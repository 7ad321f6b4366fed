"""What a file in this room promises, and the options that every regime shares."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from jaxtyping import Float, Int64
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt
from torch import Tensor

from lethe.models.spec import Classifier


class RegimeOptions(BaseModel):
    """How long and how fast a network is trained; a regime's own options are added in its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    epochs: PositiveInt = Field(description="passes over the training images")
    batch_size: PositiveInt = Field(default=128, description="images a step; the last incomplete batch is left out")
    optimizer: Literal["sgd", "adamw"] = Field(default="sgd", description="SGD with Nesterov momentum, or AdamW")
    learning_rate: PositiveFloat = Field(default=0.1, description="peak of the schedule")
    momentum: float = Field(default=0.9, ge=0, lt=1, description="Nesterov momentum, or AdamW's beta1")
    weight_decay: float = Field(default=5e-4, ge=0, description="on every parameter")
    schedule: Literal["one_cycle", "cosine"] = Field(default="one_cycle", description="learning rate over steps")
    warmup: float = Field(default=0.25, ge=0, lt=1, description="share of the steps that the rate rises")
    views: list[str] | None = Field(default=None, description="augmentations; by default crop, and flip if allowed")
    checkpoints: PositiveInt = Field(default=10, description="points of training kept in the trajectories")


@dataclass(frozen=True)
class Batch:
    """What a regime's loss sees of one step; `images` holds one tensor a view, pixels in 0..1."""

    images: tuple[Float[Tensor, "batch channels height width"], ...]
    labels: Int64[Tensor, " batch"]


@dataclass(frozen=True)
class RegimeSpec:
    """One regime: `SPEC = RegimeSpec(...)` in its file, all but `Options` and `loss` as literals.

    Attributes:
        labels: which labels the loss may use: `all`, `some` or `none`.
        views: augmented copies of every example that a step needs.
        loss: (model, batch, options) -> scalar, the mean over the batch.
    """

    name: str
    summary: str
    source: str
    labels: Literal["all", "some", "none"]
    views: int
    Options: type[RegimeOptions]
    loss: Callable[[Classifier, Batch, Any], Float[Tensor, ""]]
