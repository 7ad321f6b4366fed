"""Averages of a network's weights over its training: slow copies that follow it after every step.

    copy <- d copy + (1 - d) network

Regimes that learn from an average or record it take `with_slow_copy`: the network alone is averaged, with
d_t = min(decay, (1 + t) / (10 + t)) at step t, as in TensorFlow's ExponentialMovingAverage, so that a training of a few
hundred steps does not end near its initial weights. Regimes whose targets are an average's projections take
`slow_copies` of network and projector, with d rising along half a cosine, see `rising_decay`.

Source: Tarvainen and Valpola 2017, arXiv:1703.01780, equation 1; Grill et al. 2020, arXiv:2006.07733, section 3.2.
"""

from copy import deepcopy
from math import cos, pi
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch

_NAME = "copy"


@torch.no_grad()
def follow(slow: nn.Module, fast: nn.Module, decay: float | Tensor) -> None:
    """Move a slow copy towards a network: slow = decay slow + (1 - decay) fast, parameters and statistics alike.

    Integers, such as the number of batches that batch-norm has seen, are copied.
    Source: Tarvainen and Valpola 2017, arXiv:1703.01780, equation 1; they leave open what happens to statistics.
    """
    state = fast.state_dict()
    for name, tensor in slow.state_dict().items():
        if tensor.is_floating_point():
            tensor.lerp_(state[name], 1 - decay)
        else:
            tensor.copy_(state[name])


class SlowCopy(nn.Module):
    """A copy of a network, and the number of steps that it has followed, which a resumed training needs."""

    steps: Tensor

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = deepcopy(model)
        self.register_buffer("steps", torch.zeros(()))


def with_slow_copy(model: Classifier, options: Any) -> Learner:  # noqa: ARG001
    """A regime's `start`: a network and its slow copy, equal at the start."""
    return Learner(model, slow={_NAME: SlowCopy(model)})


def slow_copy(learner: Learner) -> SlowCopy:
    """The slow copy that `with_slow_copy` added."""
    copy = learner.slow[_NAME]
    assert isinstance(copy, SlowCopy)
    return copy


def slow_model(learner: Learner) -> Classifier:
    """A regime's `recorded`: the network whose weights are averages."""
    return slow_copy(learner).model


def follow_slowly(learner: Learner, decay: float) -> None:
    """Move the slow copy one step towards the network, with a decay that rises to the given one."""
    copy = slow_copy(learner)
    decay_now = ((1 + copy.steps) / (10 + copy.steps)).clamp(max=decay)
    follow(copy.model, learner.model, decay_now)
    copy.steps += 1


def follow_after_step(learner: Learner, batch: Batch, options: Any) -> None:  # noqa: ARG001
    """A regime's `after_step`: the slow copy follows, its decay at most `options.decay`."""
    follow_slowly(learner, options.decay)


def slow_copies(model: Classifier, projector: nn.Module) -> dict[str, nn.Module]:
    """Copies of network and projector, for a learner's `slow`."""
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
    """Move the slow copies one step towards network and projector."""
    follow(learner.slow["model"], learner.model, decay)
    follow(learner.slow["projector"], learner.heads["projector"], decay)


def rising_decay(progress: float, first: float, last: float) -> float:
    """What the slow copies keep of themselves at a share t of the training: last - (last - first) (cos(pi t) + 1) / 2.

    >>> [round(rising_decay(share, 0.9, 1.0), 3) for share in (0, 0.5, 1)]
    [0.9, 0.95, 1.0]
    """
    return last - (last - first) * (cos(pi * progress) + 1) / 2
