"""Barlow Twins: each projected coordinate shall be alike in both views of an image and unlike the other coordinates.

    loss = scale ( sum_i (1 - C[i, i])^2 + w sum_(i != j) C[i, j]^2 )

C[i, j] is the correlation over the batch between coordinate i of the first view and coordinate j of the second.

Source: Zbontar et al. 2021, arXiv:2103.03230, equation 1; loss and projector are lightly's, the scale is
solo-learn's (0.1 there). The paper's projector has 8192 hidden and output units and w = 0.005; fewer coordinates have
fewer correlations, so that w is larger here.
"""

from pydantic import Field, PositiveFloat

from lethe.core.options import Width
from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner
from lethe.regimes.pairs import PairOptions, encode_apart, in_float32, two_views
from lethe.regimes.spec import Batch, Loss, RegimeSpec


class Options(PairOptions):
    """Options of two views, and the weights of the loss."""

    learning_rate: PositiveFloat = Field(default=0.2, description="peak of the schedule")
    projector_out: Width = Field(default=32, description="width of what the loss compares")
    redundancy_weight: PositiveFloat = Field(default=0.05, description="w, of correlations between coordinates")
    scale: PositiveFloat = Field(default=0.3, description="of the whole loss, so that usual learning rates fit")


def start(model: Classifier, options: Options) -> Learner:
    """The network with a projector of three layers."""
    from lightly.models.modules.heads import BarlowTwinsProjectionHead

    width = model.head.in_features
    projector = BarlowTwinsProjectionHead(width, options.projector_hidden, options.projector_out)
    return Learner(model, heads={"projector": projector})


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:
    """The weighted sum over coordinates."""
    from lightly.loss.barlow_twins_loss import BarlowTwinsLoss

    seen = encode_apart(learner, batch)
    value = in_float32(BarlowTwinsLoss(options.redundancy_weight), seen.first, seen.second)
    return Loss(options.scale * value, seen.features)


SPEC = RegimeSpec(
    name="barlow_twins",
    summary="coordinates agree between two views of an image and are uncorrelated; no labels",
    source="Zbontar et al. 2021, arXiv:2103.03230",
    labels="none",
    head="probe",
    Options=Options,
    views=two_views,
    loss=loss,
    start=start,
)
