"""BYOL: the prediction from one view shall point where a slow copy of the network projects the other view.

    loss = ( 2 - 2 cos(q(z1), z2_slow) ) + ( 2 - 2 cos(q(z2), z1_slow) ), mean over the batch

z are projections, q is the predictor, the slow copy's decay rises from `decay` to 1, see `regimes.averages`.

Source: Grill et al. 2020, arXiv:2006.07733, equations 1 and 2; loss and heads are lightly's. The paper's projector and
predictor have 4096 hidden and 256 output units; its decay starts at 0.996, that of solo-learn on CIFAR at 0.99.
"""

from jaxtyping import Float
from pydantic import Field, PositiveFloat
from torch import Tensor

from lethe.core.options import Width
from lethe.networks.spec import Classifier
from lethe.regimes.averages import follow_network, rising_decay, slow_copies, slow_projections
from lethe.regimes.learner import Learner
from lethe.regimes.pairs import PairOptions, encode_apart, in_float32, two_views
from lethe.regimes.spec import Batch, Loss, RegimeSpec


class Options(PairOptions):
    """Options of two views, the predictor's size, and how slow the copy is."""

    learning_rate: PositiveFloat = Field(default=0.5, description="peak of the schedule")
    predictor_hidden: Width = Field(default=128, description="width of the predictor's hidden layer")
    decay: float = Field(default=0.99, ge=0, le=1, description="what the slow copy keeps of itself at first; 1 at last")


def start(model: Classifier, options: Options) -> Learner:
    """The network with projector and predictor, and a slow copy of network and projector."""
    from lightly.models.modules.heads import BYOLPredictionHead, BYOLProjectionHead

    out = options.projector_out
    projector = BYOLProjectionHead(model.head.in_features, options.projector_hidden, out)
    predictor = BYOLPredictionHead(out, options.predictor_hidden, out)
    return Learner(model, heads={"projector": projector, "predictor": predictor}, slow=slow_copies(model, projector))


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:  # noqa: ARG001
    """Squared distance of unit vectors, the sum over both directions."""
    seen, predictor = encode_apart(learner, batch), learner.heads["predictor"]
    first_target, second_target = (slow_projections(learner, view) for view in batch.images)
    to_second = _distance(predictor(seen.first), second_target)
    to_first = _distance(predictor(seen.second), first_target)
    return Loss(to_second + to_first, seen.features)


def _distance(
    predictions: Float[Tensor, "batch projected"], targets: Float[Tensor, "batch projected"]
) -> Float[Tensor, ""]:
    from lightly.loss.negative_cosine_similarity import NegativeCosineSimilarity

    return 2 + 2 * in_float32(NegativeCosineSimilarity(), predictions, targets)


def after_step(learner: Learner, batch: Batch, options: Options) -> None:
    """The slow copy follows."""
    follow_network(learner, rising_decay(batch.progress, options.decay, 1.0))


SPEC = RegimeSpec(
    name="byol",
    summary="one view predicts a slow copy's projection of the other; no labels, no negatives",
    source="Grill et al. 2020, arXiv:2006.07733",
    labels="none",
    head="probe",
    Options=Options,
    views=two_views,
    loss=loss,
    start=start,
    after_step=after_step,
)
