"""A network in training, together with what only its training needs: projectors, slow copies, queues."""

from typing import Any

from torch import nn

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
