"""Pseudo-labels: cross entropy with some labels, and with the network's own confident predictions where there are none.

loss = mean_l CE(y, p(x_l)) + alpha(t) mean_u [max p(x_u) >= tau] CE(argmax p(x_u), p(x_u)), one weak view of each
image. The weight alpha is 0 until `ramp_start`, then grows in proportion to time, and is `weight` from `ramp_end` on
(shares of the training).
Source: Lee 2013, "Pseudo-Label", ICML workshop, equations 15 and 16: alpha_f = 3, T1 = 100, T2 = 600 epochs, and no
threshold (tau = 0). The default threshold is FixMatch's (Sohn et al. 2020, arXiv:2001.07685): without one, a network
that is still often wrong soon gives all images one label. Differs: softmax instead of one sigmoid per class; times are
shares of the training; one pass through the network for labelled and unlabelled images, so that batch-norm sees both.
"""

from pydantic import Field, model_validator
from torch.nn.functional import cross_entropy

from lethe.data.default_views import ImageTraits, weak_views
from lethe.regimes.learner import Learner
from lethe.regimes.semi_supervised import loss_on_confident, together
from lethe.regimes.spec import Batch, Loss, RegimeSpec, SemiOptions, Views


class Options(SemiOptions):
    """Options of semi-supervised regimes, and how pseudo-labels come to count."""

    threshold: float = Field(default=0.95, ge=0, le=1, description="probability from which a prediction is a label")
    weight: float = Field(default=3.0, ge=0, description="of the pseudo-labels' loss in the end")
    ramp_start: float = Field(default=0.1, ge=0, le=1, description="share of the training without pseudo-labels")
    ramp_end: float = Field(default=0.6, ge=0, le=1, description="share of the training after which they fully count")

    @model_validator(mode="after")
    def _ramp_ascends(self) -> "Options":
        if self.ramp_start > self.ramp_end:
            raise ValueError(f"ramp_start {self.ramp_start} is after ramp_end {self.ramp_end}; lower it")
        return self


def views(options: Options, traits: ImageTraits) -> Views:
    """One weak view of labelled and of unlabelled images."""
    weak = options.views if options.views is not None else weak_views(traits)
    return Views((weak,), (weak,))


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:
    """Mean cross entropies, in nats."""
    labelled, unlabelled = together(learner.model, batch.images[0], batch.unlabelled[0])
    own = loss_on_confident(unlabelled, unlabelled, options.threshold)
    return Loss(cross_entropy(labelled, batch.labels) + ramp(batch.progress, options) * own)


def ramp(progress: float, options: Options) -> float:
    """Weight of the pseudo-labels' loss at a share of the training, alpha(t)."""
    if progress >= options.ramp_end:
        return options.weight
    if progress <= options.ramp_start:
        return 0.0
    return options.weight * (progress - options.ramp_start) / (options.ramp_end - options.ramp_start)


SPEC = RegimeSpec(
    name="pseudo_label",
    summary="cross entropy with some labels and the network's own predictions",
    source="Lee 2013, Pseudo-Label",
    labels="some",
    head="trained",
    Options=Options,
    views=views,
    loss=loss,
)
