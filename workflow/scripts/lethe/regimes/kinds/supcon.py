"""Supervised contrastive training: each view shall be most like all views of its class, among those of the batch.

    loss = -(T / T_base) (1/2B) sum_i (1/|P(i)|) sum_(p in P(i)) log( exp(s[i, p] / T) / sum_(a != i) exp(s[i, a] / T) )

over the 2B projections of both views; s are cosines, P(i) are the other views of i's class, T is the temperature. A
batch of a single class has nothing to repel and loss 0. The factor T / T_base is 1 by default.

Source: Khosla et al. 2020, arXiv:2004.11362, equation 2 (L_out); the factor is in their code and in that of Corti et
al. 2022, arXiv:2207.00200 (T = 0.5, T_base = 0.07). The loss is pytorch-metric-learning's, the projector lightly's;
theirs has 2048 (Corti: 128) hidden and 128 output units.
"""

import torch
from pydantic import Field, PositiveFloat

from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner
from lethe.regimes.pairs import PairOptions, encode_together, in_float32, two_views
from lethe.regimes.spec import Batch, Loss, RegimeSpec


class Options(PairOptions):
    """Options of two views, and the temperatures."""

    temperature: PositiveFloat = Field(default=0.2, description="divides the cosines; small: near images count most")
    base_temperature: PositiveFloat | None = Field(
        default=None, description="the loss is multiplied by temperature / base_temperature; by default they are equal"
    )


def start(model: Classifier, options: Options) -> Learner:
    """The network with a projector of two layers without batch-norm."""
    from lightly.models.modules.heads import SimCLRProjectionHead

    width = model.head.in_features
    projector = SimCLRProjectionHead(width, options.projector_hidden, options.projector_out, batch_norm=False)
    return Learner(model, heads={"projector": projector})


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:
    """Mean over all views, in nats times the factor."""
    from pytorch_metric_learning.losses import SupConLoss

    seen, labels = encode_together(learner, batch), batch.labels.repeat(2)
    contrast = SupConLoss(options.temperature)
    value = in_float32(lambda first, second: contrast(torch.cat([first, second]), labels), seen.first, seen.second)
    return Loss(value * options.temperature / (options.base_temperature or options.temperature), seen.features)


SPEC = RegimeSpec(
    name="supcon",
    summary="views of a class attract each other, all others repel; all labels",
    source="Khosla et al. 2020, arXiv:2004.11362",
    labels="all",
    head="probe",
    Options=Options,
    views=two_views,
    loss=loss,
    start=start,
)
