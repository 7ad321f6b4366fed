"""SimCLR without labels, then cross entropy with some: two phases of one training.

For the first `pretrain_share` of the steps
    loss = NT-Xent(projections of two views of the unlabelled images) + mean_l CE(y, head(encoder(x_l))),
where the encoder has no gradient from the second term: it keeps a head on the features, so that accuracy is known.
After that, loss = mean_l CE(y, p(x_l)) through the whole network, on weak views of the labelled images alone.
Source: Chen et al. 2020, arXiv:2002.05709, equation 1 and section B.5 (fine-tuning). Differs: both phases share one
schedule of the learning rate, so that fine-tuning has its low end; the head starts from the first phase's.
"""

from pydantic import Field, PositiveFloat
from torch import Tensor
from torch.nn.functional import cross_entropy

from lethe.core.options import Width
from lethe.data.default_views import ImageTraits, contrastive_views, weak_views
from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner
from lethe.regimes.pairs import in_float32
from lethe.regimes.semi_supervised import together
from lethe.regimes.spec import Batch, Loss, Operations, RegimeSpec, SemiOptions, Views


class Options(SemiOptions):
    """Options of semi-supervised regimes, how the phases share the training, and those of SimCLR."""

    pretrain_share: float = Field(default=0.8, ge=0, le=1, description="share of the steps before the labels count")
    temperature: PositiveFloat = Field(default=0.5, description="divides the cosines; small: near images count most")
    projector_hidden: Width = Field(default=128, description="width of the projector's hidden layer; paper 2048")
    projector_out: Width = Field(default=64, description="width of what the loss compares; paper 128")
    contrastive_views: Operations | None = Field(
        default=None, description="augmentations of the unlabelled images; by default the usual contrastive ones"
    )


def views(options: Options, traits: ImageTraits) -> Views:
    """One weak view of the labelled images, two contrastive ones of the others."""
    weak = options.views if options.views is not None else weak_views(traits)
    strong = options.contrastive_views if options.contrastive_views is not None else contrastive_views(traits)
    return Views((weak,), (strong, strong))


def start(model: Classifier, options: Options) -> Learner:
    """The network with a projector of two layers."""
    from lightly.models.modules.heads import SimCLRProjectionHead

    projector = SimCLRProjectionHead(model.head.in_features, options.projector_hidden, options.projector_out)
    return Learner(model, heads={"projector": projector})


def loss(learner: Learner, batch: Batch, options: Options) -> Loss:
    """The phase's loss, in nats."""
    if batch.progress < options.pretrain_share:
        return Loss(_pretraining(learner, batch, options))
    return Loss(cross_entropy(learner.model(batch.images[0]).float(), batch.labels))


def _pretraining(learner: Learner, batch: Batch, options: Options) -> Tensor:
    """The first phase's loss: two views of unlabelled images contrasted, and the head on features without gradient."""
    from lightly.loss.ntx_ent_loss import NTXentLoss

    labelled, *pair = together(learner.model.features, batch.images[0], *batch.unlabelled)
    first, second = together(learner.heads["projector"], *pair)
    logits = learner.model.head(labelled.detach())
    contrast = in_float32(NTXentLoss(options.temperature), first, second)
    return contrast + cross_entropy(logits.float(), batch.labels)


SPEC = RegimeSpec(
    name="simclr_finetune",
    summary="SimCLR without labels, then cross entropy with some",
    source="Chen et al. 2020, arXiv:2002.05709",
    labels="some",
    head="trained",
    Options=Options,
    views=views,
    loss=loss,
    start=start,
)
