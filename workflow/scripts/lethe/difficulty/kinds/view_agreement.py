"""Agreement of views: how much a network's prediction changes when an image is changed a little, mean over networks.

difficulty = mean over changed copies x' of KL(p(. | x) || p(. | x')), in nats; the copies are made by the views that
contrastive training uses on such images, the same for every regime.

Source: consistency of views as in Xie et al. 2020, arXiv:1904.12848, section 2.2.
"""

import numpy as np
import torch
from jaxtyping import Float

from lethe.difficulty.look import Look
from lethe.difficulty.spec import DifficultySpec


@torch.inference_mode()
def measure(look: Look) -> Float[np.ndarray, " examples"]:
    """At least 0."""
    ours = look.logits.double().log_softmax(dim=1)
    divergences = [
        (ours.exp() * (ours - theirs.double().log_softmax(dim=1))).sum(dim=1) for theirs in look.view_logits()
    ]
    return torch.stack(divergences).mean(dim=0).cpu().numpy()


SPEC = DifficultySpec(
    name="view_agreement",
    title="agreement of views",
    summary="divergence between predictions of an image and of changed copies, mean over networks",
    source="Xie et al. 2020, arXiv:1904.12848, consistency",
    of="network",
    needs=("views",),
    reads_label=False,
    measure=measure,
)
