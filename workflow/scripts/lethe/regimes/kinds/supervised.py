"""Supervised training: cross entropy of the logits with the labels.

loss = -(1/B) sum_i log softmax(f(x_i))[y_i], with labels smoothed by `label_smoothing` (0 by default, because
smoothing changes margins).
"""

from pydantic import Field
from torch.nn.functional import cross_entropy

from lethe.data.default_views import ImageTraits, weak_views
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch, Loss, RegimeOptions, RegimeSpec, Views


class Options(RegimeOptions):
    """Options of every regime, and label smoothing."""

    label_smoothing: float = Field(default=0.0, ge=0, lt=1, description="share of a label spread over all classes")


def views(options: Options, traits: ImageTraits) -> Views:
    """One weak view."""
    return Views((options.views if options.views is not None else weak_views(traits),))


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:
    """Mean cross entropy of one view, in nats."""
    logits = learner.model(batch.images[0])
    return Loss(cross_entropy(logits.float(), batch.labels, label_smoothing=options.label_smoothing))


SPEC = RegimeSpec(
    name="supervised",
    summary="cross entropy with all labels",
    source="standard practice",
    labels="all",
    head="trained",
    Options=Options,
    views=views,
    loss=loss,
)
