"""What a file in this room promises, and the options that every post-hoc method shares."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Bool, UInt8
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat
from torch import Tensor

from lethe.models.spec import Classifier

Masks = dict[str, Bool[Tensor, "..."]]


class PostHocOptions(BaseModel):
    """What happens to a network after it was compressed, in this order: fine-tuning, recalibration."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    finetune_epochs: int = Field(default=0, ge=0, description="epochs of training after compression, masks held")
    finetune_learning_rate: PositiveFloat = Field(default=0.01, description="peak rate of the fine-tuning")
    recalibrate: int = Field(
        default=0, ge=0, description="training images from which all batch-norm statistics are estimated anew; 0 = none"
    )


@dataclass(frozen=True)
class Calibration:
    """Training images, uint8, that a method may look at; their number is stated in the config."""

    images: UInt8[Tensor, "examples channels height width"]


@dataclass(frozen=True)
class Compressed:
    """A compressed network; `masks` (1 = kept, by parameter name) are held if it is fine-tuned."""

    model: Classifier
    masks: Masks


@dataclass(frozen=True)
class CompressSpec:
    """One method: `SPEC = CompressSpec(...)` in its file, `name` to `pairing` as literals.

    Attributes:
        level_kind: what the level says: `sparsity`, `channel_sparsity` or `bits`.
        pairing: `post_hoc`: seed k is made from dense seed k; `in_training`: from a training run of its own.
        compress: (model, level, options, calibration, generator) -> Compressed; leaves its input untouched.
    """

    name: str
    summary: str
    source: str
    level_kind: Literal["sparsity", "channel_sparsity", "bits"]
    pairing: Literal["post_hoc", "in_training"]
    Options: type[PostHocOptions]
    compress: Callable[[Classifier, float, Any, Calibration, torch.Generator], Compressed]
