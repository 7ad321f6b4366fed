"""Supervised training: cross entropy of the logits with the labels.

loss = -(1/B) sum_i log softmax(f(x_i))[y_i], with labels smoothed by `label_smoothing` (0 by default, because
smoothing changes margins).
"""

from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn.functional import cross_entropy

from lethe.models.spec import Classifier
from lethe.regimes.spec import Batch, RegimeOptions, RegimeSpec


class Options(RegimeOptions):
    """Options of every regime, and label smoothing."""

    label_smoothing: float = Field(default=0.0, ge=0, lt=1, description="share of a label spread over all classes")


def loss(model: Classifier, batch: Batch, options: Options) -> Float[Tensor, ""]:
    """Mean cross entropy of one view, in nats."""
    logits = model(batch.images[0])
    return cross_entropy(logits.float(), batch.labels, label_smoothing=options.label_smoothing)


SPEC = RegimeSpec(
    name="supervised",
    summary="cross entropy with all labels",
    source="standard practice",
    labels="all",
    views=1,
    Options=Options,
    loss=loss,
)
