"""What losses that compare two views of every image share: their options, their views, how both are encoded."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from lethe.core.options import Width
from lethe.data.default_views import ImageTraits, contrastive_views
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch, RegimeOptions, Views

Projections = Float[Tensor, "batch projected"]


class PairOptions(RegimeOptions):
    """Options of every regime, and the projector's size; papers take 2048 and more, for encoders of 512 to 2048."""

    projector_hidden: Width = Field(default=128, description="width of the projector's hidden layers")
    projector_out: Width = Field(default=64, description="width of what the loss compares")


def two_views(options: RegimeOptions, traits: ImageTraits) -> Views:
    """Two draws of the same views."""
    operations = options.views if options.views is not None else contrastive_views(traits)
    return Views((operations, operations))


@dataclass(frozen=True)
class Encoded:
    """The features of both views, one view after the other, and the projections of each."""

    features: Float[Tensor, "examples features"]
    first: Projections
    second: Projections


def encode_together(learner: Learner, batch: Batch) -> Encoded:
    """Both views in one pass, so that batch-norm takes its statistics over both."""
    features = learner.model.features(torch.cat(batch.images))
    first, second = learner.heads["projector"](features).chunk(2)
    return Encoded(features, first, second)


def encode_apart(learner: Learner, batch: Batch) -> Encoded:
    """One view after the other, so that batch-norm takes its statistics over each."""
    first, second = (learner.model.features(view) for view in batch.images)
    projector = learner.heads["projector"]
    return Encoded(torch.cat([first, second]), projector(first), projector(second))


def in_float32(
    loss: Callable[[Projections, Projections], Tensor], first: Projections, second: Projections
) -> Float[Tensor, ""]:
    """A loss of two tensors outside autocast, which would round its matrix products to bf16."""
    with torch.autocast(first.device.type, enabled=False):
        return loss(first.float(), second.float())
