"""Mean teacher: cross entropy with some labels, and agreement with an average of the network's own past.

loss = mean_l CE(y, p(x_l)) + w(t) mean_u mean_c (p(x_u) - p_teacher(x'_u))^2, x_u and x'_u two weak views, without
gradient for the teacher, whose weights follow the network's: teacher <- d teacher + (1 - d) network. The weight
w(t) = `weight` exp(-5 (1 - t / `ramp`)^2) until the share `ramp` of the training, then `weight`.
The teacher is what is recorded.
Source: Tarvainen and Valpola 2017, arXiv:1703.01780: d = 0.999, weight 100 with the mean over classes, a ramp over 40
of 180 thousand steps (SVHN); the defaults are milder, because a training of some hundred steps has a poor teacher for
longer. Like their code the teacher normalises by the batch that it sees; its running statistics come from these
batches and follow the network's as its weights do. Differs: all images are unlabelled ones too, so labelled images
have no consistency term of their own.
"""

from math import exp

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

from lethe.data.default_views import ImageTraits, weak_views
from lethe.regimes.averages import follow_after_step, slow_model, with_slow_copy
from lethe.regimes.learner import Learner
from lethe.regimes.semi_supervised import together
from lethe.regimes.spec import Batch, Loss, RegimeSpec, SemiOptions, Views


class Options(SemiOptions):
    """Options of semi-supervised regimes, and how network and teacher are tied."""

    weight: float = Field(default=50.0, ge=0, description="of the consistency loss in the end")
    ramp: float = Field(default=0.4, ge=0, le=1, description="share of the training that the weight rises")
    decay: float = Field(default=0.999, ge=0, lt=1, description="share of the teacher that a step keeps, at most")


def views(options: Options, traits: ImageTraits) -> Views:
    """One weak view of the labelled images, two of the unlabelled ones."""
    weak = options.views if options.views is not None else weak_views(traits)
    return Views((weak,), (weak, weak))


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:
    """Cross entropy in nats and weighted squared difference of probabilities."""
    images, (for_student, for_teacher) = batch.images[0], batch.unlabelled
    labelled, student = together(learner.model, images, for_student)
    with torch.no_grad():
        _, teacher = together(slow_model(learner), images, for_teacher)
    disagreement = consistency(student, teacher)
    return Loss(cross_entropy(labelled, batch.labels) + weight_at(batch.progress, options) * disagreement)


def consistency(
    student: Float[Tensor, "examples classes"], teacher: Float[Tensor, "examples classes"]
) -> Float[Tensor, ""]:
    """Mean squared difference of the two networks' probabilities, over examples and classes."""
    return mse_loss(student.softmax(dim=1), teacher.softmax(dim=1))


def weight_at(progress: float, options: Options) -> float:
    """Weight of the consistency loss at a share of the training, w(t)."""
    if progress >= options.ramp:
        return options.weight
    return options.weight * exp(-5 * (1 - progress / options.ramp) ** 2)


SPEC = RegimeSpec(
    name="mean_teacher",
    summary="cross entropy with some labels, and agreement with a slow copy of the network",
    source="Tarvainen and Valpola 2017, arXiv:1703.01780",
    labels="some",
    head="trained",
    Options=Options,
    views=views,
    loss=loss,
    start=with_slow_copy,
    after_step=follow_after_step,
    recorded=slow_model,
)
