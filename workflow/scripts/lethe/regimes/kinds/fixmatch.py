"""FixMatch: confident predictions on weak views are the labels of strong views.

loss = mean_l CE(y, p(x_l)) + lambda mean_u [max q_u >= tau] CE(argmax q_u, p(strong(u))), q_u = p(weak(u)) without
gradient; the second mean is over all unlabelled images, whether confident or not. An average of the weights,
average <- d average + (1 - d) network, is what is recorded.
Source: Sohn et al. 2020, arXiv:2001.07685, equations 2 to 4 and table 4: tau = 0.95, lambda = 1, 64 labelled images and
7 times as many others per step, learning rate 0.03, momentum 0.9, d = 0.999, 2^20 steps. As in their code all views
pass through the network together, so that batch-norm sees them mixed (theirs interleaves them for several devices).
Differs: learning rate after the study's `schedule` instead of cos(7 pi k / 16 K).
"""

from pydantic import Field
from torch.nn.functional import cross_entropy

from lethe.data.default_views import ImageTraits, strong_views, weak_views
from lethe.regimes.averages import follow_after_step, slow_model, with_slow_copy
from lethe.regimes.learner import Learner
from lethe.regimes.semi_supervised import loss_on_confident, together
from lethe.regimes.spec import Batch, Loss, Operations, RegimeSpec, SemiOptions, Views


class Options(SemiOptions):
    """Options of semi-supervised regimes, and what makes a prediction a label."""

    threshold: float = Field(default=0.95, ge=0, le=1, description="probability from which a prediction is a label")
    weight: float = Field(default=1.0, ge=0, description="of the unlabelled images' loss")
    decay: float = Field(default=0.999, ge=0, lt=1, description="share of the average that a step keeps, at most")
    strong_views: Operations | None = Field(
        default=None, description="augmentations whose predictions are taught; by default weak, RandAugment, Cutout"
    )


def views(options: Options, traits: ImageTraits) -> Views:
    """One weak view of the labelled images; a weak and a strong one of the others."""
    weak = options.views if options.views is not None else weak_views(traits)
    strong = options.strong_views if options.strong_views is not None else strong_views(traits)
    return Views((weak,), (weak, strong))


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:
    """Mean cross entropies, in nats."""
    labelled, weak, strong = together(learner.model, batch.images[0], *batch.unlabelled)
    taught = loss_on_confident(weak, strong, options.threshold)
    return Loss(cross_entropy(labelled, batch.labels) + options.weight * taught)


SPEC = RegimeSpec(
    name="fixmatch",
    summary="cross entropy with some labels; confident weak views label strong ones",
    source="Sohn et al. 2020, arXiv:2001.07685",
    labels="some",
    head="trained",
    Options=Options,
    views=views,
    loss=loss,
    start=with_slow_copy,
    after_step=follow_after_step,
    recorded=slow_model,
)
