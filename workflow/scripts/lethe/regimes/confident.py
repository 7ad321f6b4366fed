"""Learning from one's own predictions where they are confident."""

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cross_entropy

Logits = Float[Tensor, "examples classes"]


def loss_on_confident(teaching: Logits, taught: Logits, threshold: float) -> Float[Tensor, ""]:
    """Cross entropy of the taught logits with the labels of the teaching ones; mean over all, 0 where not confident.

    Args: threshold: probability from which a prediction is a label; 0 makes all of them labels.
    """
    confidence, pseudo_labels = teaching.detach().softmax(dim=1).max(dim=1)
    is_confident = confidence >= threshold
    return (is_confident * cross_entropy(taught, pseudo_labels, reduction="none")).mean()
