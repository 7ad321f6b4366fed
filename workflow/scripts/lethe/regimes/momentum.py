"""A slow copy of encoder and projector, whose projections of one view are targets for the other.

slow <- d slow + (1 - d) fast after every step, with d rising along half a cosine,
d(t) = last - (last - first) (cos(pi t) + 1) / 2 at share t of the training.
Source: Grill et al. 2020, arXiv:2006.07733, section 3.2.
"""

from copy import deepcopy
from math import cos, pi

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner, follow


def slow_copies(model: Classifier, projector: nn.Module) -> dict[str, nn.Module]:
    """Copies of both, for a learner's `slow`."""
    return {"model": deepcopy(model), "projector": deepcopy(projector)}


@torch.no_grad()
def slow_projections(
    learner: Learner, view: Float[Tensor, "batch channels height width"]
) -> Float[Tensor, "batch projected"]:
    """What the slow copies make of a view, with the batch's own statistics."""
    model = learner.slow["model"]
    assert isinstance(model, Classifier)
    projections: Tensor = learner.slow["projector"](model.features(view))
    return projections


def follow_network(learner: Learner, decay: float) -> None:
    """Move the slow copies one step towards encoder and projector."""
    follow(learner.slow["model"], learner.model, decay)
    follow(learner.slow["projector"], learner.heads["projector"], decay)


def rising_decay(progress: float, first: float, last: float) -> float:
    """What the slow copy keeps of itself at a share of the training.

    >>> [round(rising_decay(share, 0.9, 1.0), 3) for share in (0, 0.5, 1)]
    [0.9, 0.95, 1.0]
    """
    return last - (last - first) * (cos(pi * progress) + 1) / 2
