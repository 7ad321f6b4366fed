"""SimSiam: the prediction from one view shall point where the other view's projection does.

    loss = -(1/2) ( cos(p1, sg(z2)) + cos(p2, sg(z1)) ), mean over the batch

z are projections, p = predictor(z); sg stops the gradient, without which all features become the same.

Source: Chen and He 2021, arXiv:2011.10566, equations 1 to 4; loss and heads are lightly's. Differs: the predictor's
learning rate falls with the others. The paper's projector has 2048 units, its predictor 512 hidden ones.
"""

from pydantic import Field, PositiveFloat

from lethe.core.options import Width
from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner
from lethe.regimes.pairs import PairOptions, encode_apart, in_float32, two_views
from lethe.regimes.spec import Batch, Loss, RegimeSpec


class Options(PairOptions):
    """Options of two views, and the predictor's size."""

    learning_rate: PositiveFloat = Field(default=0.5, description="peak of the schedule")
    projector_out: Width = Field(default=128, description="width of what the loss compares")
    predictor_hidden: Width = Field(default=32, description="the predictor's bottleneck, a quarter of its output")


def start(model: Classifier, options: Options) -> Learner:
    """The network with a projector of three layers and a predictor of two."""
    from lightly.models.modules.heads import SimSiamPredictionHead, SimSiamProjectionHead

    width, hidden, out = model.head.in_features, options.projector_hidden, options.projector_out
    heads = {
        "projector": SimSiamProjectionHead(width, hidden, out),
        "predictor": SimSiamPredictionHead(out, options.predictor_hidden, out),
    }
    return Learner(model, heads=heads)


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:  # noqa: ARG001
    """Minus the cosine, -1 at best."""
    from lightly.loss.negative_cosine_similarity import NegativeCosineSimilarity

    seen, predictor, distance = encode_apart(learner, batch), learner.heads["predictor"], NegativeCosineSimilarity()
    to_second = in_float32(distance, predictor(seen.first), seen.second.detach())
    to_first = in_float32(distance, predictor(seen.second), seen.first.detach())
    return Loss((to_second + to_first) / 2, seen.features)


SPEC = RegimeSpec(
    name="simsiam",
    summary="one view predicts the other, whose gradient is stopped; no labels",
    source="Chen and He 2021, arXiv:2011.10566",
    labels="none",
    head="probe",
    Options=Options,
    views=two_views,
    loss=loss,
    start=start,
)
