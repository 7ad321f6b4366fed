"""A slow copy of the network in training, for regimes that learn from it or record it.

copy <- decay_t copy + (1 - decay_t) network after every step, decay_t = min(decay, (1 + t) / (10 + t)).
Source: Tarvainen and Valpola 2017, arXiv:1703.01780, equation 1; the start as in TensorFlow's
ExponentialMovingAverage, so that a training of a few hundred steps does not end near its initial weights.
"""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner, follow
from lethe.regimes.spec import Batch

_NAME = "copy"


class SlowCopy(nn.Module):
    """A copy of a network, and the number of steps that it has followed, which a resumed training needs."""

    steps: Tensor

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = deepcopy(model)
        self.register_buffer("steps", torch.zeros(()))


def with_slow_copy(model: Classifier, options: Any) -> Learner:  # noqa: ARG001
    """A network and its slow copy, equal at the start."""
    return Learner(model, slow={_NAME: SlowCopy(model)})


def slow_copy(learner: Learner) -> SlowCopy:
    """The slow copy that `with_slow_copy` added."""
    copy = learner.slow[_NAME]
    assert isinstance(copy, SlowCopy)
    return copy


def slow_model(learner: Learner) -> Classifier:
    """The network whose weights are averages."""
    return slow_copy(learner).model


def follow_slowly(learner: Learner, decay: float) -> None:
    """Move the slow copy one step towards the network."""
    copy = slow_copy(learner)
    decay_now = ((1 + copy.steps) / (10 + copy.steps)).clamp(max=decay)
    follow(copy.model, learner.model, decay_now)
    copy.steps += 1


def follow_after_step(learner: Learner, batch: Batch, options: Any) -> None:  # noqa: ARG001
    """A regime's `after_step`: the slow copy follows, its decay at most `options.decay`."""
    follow_slowly(learner, options.decay)
