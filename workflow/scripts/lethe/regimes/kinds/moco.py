"""MoCo: each view shall be most like a slow copy's projection of the other view, among those of earlier batches.

    loss = (1/2B) sum_i -log( exp(q_i . k_i / T) / (exp(q_i . k_i / T) + sum_(n in queue) exp(q_i . n / T)) )

q are projections of unit length, k_i (the key of q_i) is the slow copy's projection of the other view of the same
image; both views take either part. After each step all keys enter the queue and the oldest leave it. The slow copy's
decay rises from `decay` to `last_decay`, see `regimes.averages`.

Source: He et al. 2020, arXiv:1911.05722, equation 1, and Chen et al. 2020, arXiv:2003.04297 (v2: the projector of two
layers, stronger views), symmetric as in solo-learn; the projector is lightly's, with batch-norm as in v3 (Chen et al.
2021, arXiv:2104.02057). The papers have a queue of 65 536 keys, decay 0.999, T = 0.2, and a projector with 2048 hidden
and 128 output units. Differs: batches are not shuffled between devices before batch-norm. A queue longer than twice the
training images holds every image's own keys as negatives.
"""

import torch
from jaxtyping import Float
from pydantic import Field, PositiveFloat
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from lethe.core.options import Count
from lethe.networks.spec import Classifier
from lethe.regimes.averages import follow_network, rising_decay, slow_copies, slow_projections
from lethe.regimes.learner import Learner
from lethe.regimes.pairs import PairOptions, encode_apart, two_views
from lethe.regimes.spec import Batch, Loss, RegimeSpec


class Options(PairOptions):
    """Options of two views, the temperature, the queue, and how slow the copy is."""

    learning_rate: PositiveFloat = Field(default=0.3, description="peak of the schedule")
    temperature: PositiveFloat = Field(default=0.2, description="divides the cosines; small: near images count most")
    queue: Count = Field(
        default=512,
        examples=[48],  # full of real keys after one step of the tests
        description="keys that are kept; a step adds two per image",
    )
    decay: float = Field(default=0.99, ge=0, le=1, description="what the slow copy keeps of itself at first")
    last_decay: float = Field(default=0.999, ge=0, le=1, description="what it keeps of itself at last")


class Queue(nn.Module):
    """Keys of unit length, the latest first; those of the current step wait in `arriving` until it ends."""

    keys: Float[Tensor, "others projected"]

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.register_buffer("keys", normalize(torch.randn(length, width)))
        self.arriving: Float[Tensor, "examples projected"] = torch.empty(0, width)

    def push(self) -> None:
        """The arriving keys enter, as many of the oldest leave."""
        self.keys.copy_(torch.cat([self.arriving, self.keys])[: len(self.keys)])
        self.arriving = self.arriving[:0]


def start(model: Classifier, options: Options) -> Learner:
    """The network with a projector of two layers, slow copies of both, a queue of random keys."""
    from lightly.models.modules.heads import MoCoProjectionHead

    width, out = model.head.in_features, options.projector_out
    projector = MoCoProjectionHead(width, options.projector_hidden, out, batch_norm=True)
    slow = {**slow_copies(model, projector), "queue": Queue(options.queue, out)}
    return Learner(model, heads={"projector": projector}, slow=slow)


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:
    """Mean over both views, in nats."""
    seen, queue = encode_apart(learner, batch), queue_of(learner)
    first_keys, second_keys = (normalize(slow_projections(learner, view).float()) for view in batch.images)
    queue.arriving = torch.cat([first_keys, second_keys])
    queries = normalize(torch.cat([seen.first, seen.second]).float())
    keys = torch.cat([second_keys, first_keys])
    return Loss(nearest_key_loss(queries, keys, queue.keys, options.temperature), seen.features)


def queue_of(learner: Learner) -> Queue:
    """The queue that `start` added."""
    queue = learner.slow["queue"]
    assert isinstance(queue, Queue)
    return queue


def nearest_key_loss(
    queries: Float[Tensor, "examples projected"],
    keys: Float[Tensor, "examples projected"],
    others: Float[Tensor, "others projected"],
    temperature: float,
) -> Float[Tensor, ""]:
    """Cross entropy of each query's own key against the others; all of unit length."""
    with torch.autocast(queries.device.type, enabled=False):
        own = (queries * keys).sum(dim=1, keepdim=True)
        logits = torch.cat([own, queries @ others.T], dim=1) / temperature
    return cross_entropy(logits, torch.zeros(len(logits), dtype=torch.int64, device=logits.device))


def after_step(learner: Learner, batch: Batch, options: Options) -> None:
    """The slow copy follows, the keys enter the queue."""
    follow_network(learner, rising_decay(batch.progress, options.decay, options.last_decay))
    queue_of(learner).push()


SPEC = RegimeSpec(
    name="moco",
    summary="a view finds a slow copy's projection of the other view among those of earlier images; no labels",
    source="He et al. 2020, arXiv:1911.05722, and Chen et al. 2020, arXiv:2003.04297",
    labels="none",
    head="probe",
    Options=Options,
    views=two_views,
    loss=loss,
    start=start,
    after_step=after_step,
)
