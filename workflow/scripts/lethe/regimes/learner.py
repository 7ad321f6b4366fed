"""A network in training, together with what only its training needs: projectors, slow copies, queues."""

from typing import Any

import torch
from torch import Tensor, nn

from lethe.networks.spec import Classifier


class Learner(nn.Module):
    """What the loop trains and what a killed job resumes; only `model` outlives the training.

    Attributes:
        heads: trained with the model: projector, predictor.
        slow: never trained by gradients: slow copies, teachers, queues as buffers.
    """

    def __init__(
        self, model: Classifier, *, heads: dict[str, nn.Module] | None = None, slow: dict[str, nn.Module] | None = None
    ) -> None:
        super().__init__()
        self.model = model
        self.heads = nn.ModuleDict(heads or {})
        self.slow = nn.ModuleDict(slow or {}).requires_grad_(False)


def alone(model: Classifier, options: Any) -> Learner:  # noqa: ARG001
    """A network that needs nothing else to be trained."""
    return Learner(model)


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
