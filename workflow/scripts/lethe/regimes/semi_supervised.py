"""What regimes with few labels share: one pass for all groups of images, and learning from one's own predictions."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cross_entropy

Rows = Float[Tensor, "_ *shape"]
Logits = Float[Tensor, "examples classes"]


def together(network: Callable[[Tensor], Tensor], *groups: Rows) -> tuple[Float[Tensor, "_ outputs"], ...]:
    """What a network gives for each group of rows, in float32; one pass, so that batch-norm sees them together."""
    outputs = network(torch.cat(groups)).float()
    return torch.split(outputs, [len(group) for group in groups])


def loss_on_confident(teaching: Logits, taught: Logits, threshold: float) -> Float[Tensor, ""]:
    """Cross entropy of the taught logits with the labels of the teaching ones; mean over all, 0 where not confident.

    Args: threshold: probability from which a prediction is a label; 0 makes all of them labels.
    """
    confidence, pseudo_labels = teaching.detach().softmax(dim=1).max(dim=1)
    is_confident = confidence >= threshold
    return (is_confident * cross_entropy(taught, pseudo_labels, reduction="none")).mean()
