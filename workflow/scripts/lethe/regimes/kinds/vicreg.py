"""VICReg: the projections of both views shall be near each other, vary over the batch, and be uncorrelated.

    loss = a mean((z - z')^2)
         + b sum_views (1/d) sum_j max(0, 1 - sqrt(var_j + 0.0001))
         + c sum_views (1/d) sum_(i != j) cov[i, j]^2

z, z' are the d-dimensional projections of both views; variances and covariances are over the batch.

Source: Bardes et al. 2022, arXiv:2105.04906, equations 1 to 6, with the mean over coordinates in the first term as in
the authors' code, whose second term is the mean over views: its weight 25 is 12.5 here. Loss and projector are
lightly's. The paper's projector has 8192 hidden and output units.
"""

from pydantic import Field, PositiveFloat

from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner
from lethe.regimes.pairs import PairOptions, encode_apart, in_float32, two_views
from lethe.regimes.spec import Batch, Loss, RegimeSpec


class Options(PairOptions):
    """Options of two views, and the weights of the three terms: with these, the loss is 25 times as steep as others."""

    learning_rate: PositiveFloat = Field(
        default=0.03,
        examples=[0.005],  # the loss is 25 times as large as others
        description="peak of the schedule",
    )
    invariance_weight: PositiveFloat = Field(default=25.0, description="a, of the distance between the views")
    variance_weight: PositiveFloat = Field(default=25.0, description="b, of coordinates that vary too little")
    covariance_weight: PositiveFloat = Field(default=1.0, description="c, of covariances between coordinates")


def start(model: Classifier, options: Options) -> Learner:
    """The network with a projector of three layers."""
    from lightly.models.modules.heads import VICRegProjectionHead

    width = model.head.in_features
    projector = VICRegProjectionHead(width, options.projector_hidden, options.projector_out)
    return Learner(model, heads={"projector": projector})


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:
    """The weighted sum of the three terms."""
    from lightly.loss.vicreg_loss import VICRegLoss

    seen = encode_apart(learner, batch)
    # lightly takes the mean of the views' variance terms, the equation their sum.
    terms = VICRegLoss(options.invariance_weight, 2 * options.variance_weight, options.covariance_weight)
    return Loss(in_float32(terms, seen.first, seen.second), seen.features)


SPEC = RegimeSpec(
    name="vicreg",
    summary="two views of an image lie near each other, coordinates vary and are uncorrelated; no labels",
    source="Bardes et al. 2022, arXiv:2105.04906",
    labels="none",
    head="probe",
    Options=Options,
    views=two_views,
    loss=loss,
    start=start,
)
