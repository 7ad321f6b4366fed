"""SimCLR: each view shall be most like the other view of its image, among all views of the batch.

    loss = -(1/2B) sum_i log( exp(s[i, p(i)] / T) / sum_(k != i) exp(s[i, k] / T) )

over the 2B projections of both views; s are cosines, p(i) is the other view of i's image, T the temperature.

Source: Chen et al. 2020, arXiv:2002.05709, equation 1; loss and projector are lightly's. The paper's projector has
2048 hidden and 128 output units.
"""

from pydantic import Field, PositiveFloat

from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner
from lethe.regimes.pairs import PairOptions, encode_together, in_float32, two_views
from lethe.regimes.spec import Batch, Loss, RegimeSpec


class Options(PairOptions):
    """Options of two views, and the temperature."""

    temperature: PositiveFloat = Field(default=0.5, description="divides the cosines; small: near images count most")


def start(model: Classifier, options: Options) -> Learner:
    """The network with a projector of two layers."""
    from lightly.models.modules.heads import SimCLRProjectionHead

    width = model.head.in_features
    return Learner(
        model, heads={"projector": SimCLRProjectionHead(width, options.projector_hidden, options.projector_out)}
    )


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:
    """Mean over all views, in nats."""
    from lightly.loss.ntx_ent_loss import NTXentLoss

    seen = encode_together(learner, batch)
    return Loss(in_float32(NTXentLoss(options.temperature), seen.first, seen.second), seen.features)


SPEC = RegimeSpec(
    name="simclr",
    summary="two views of an image attract each other, all others repel; no labels",
    source="Chen et al. 2020, arXiv:2002.05709",
    labels="none",
    head="probe",
    Options=Options,
    views=two_views,
    loss=loss,
    start=start,
)
