"""Supervised training on the labelled images alone: what few labels give without any image beside them.

loss = -(1/B) sum_i log softmax(f(x_i))[y_i] over the labelled images of a step. Labels, weak views and number of
steps are those of the semi-supervised regimes, so that what these gain comes from the images without labels.
"""

from torch.nn.functional import cross_entropy

from lethe.data.default_views import ImageTraits, weak_views
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch, Loss, RegimeSpec, SemiOptions, Views


def views(options: SemiOptions, traits: ImageTraits) -> Views:
    """One weak view of the labelled images."""
    return Views((options.views if options.views is not None else weak_views(traits),))


def loss(learner: Learner, batch: Batch, options: SemiOptions) -> Loss:  # noqa: ARG001
    """Mean cross entropy of the labelled images, in nats."""
    return Loss(cross_entropy(learner.model(batch.images[0]).float(), batch.labels))


SPEC = RegimeSpec(
    name="supervised_labelled",
    summary="cross entropy with some labels, no other images",
    source="Sohn et al. 2020, arXiv:2001.07685, as the baseline of section 4",
    labels="some",
    head="trained",
    Options=SemiOptions,
    views=views,
    loss=loss,
)
