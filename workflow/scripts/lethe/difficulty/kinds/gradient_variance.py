"""VoG, variance of gradients: how much the pixels that speak for the label change along training, mean over networks.

S_t = d z_y / d x at each of T points of the training; V = mean over pixels of sqrt( (1/T) sum_t (S_t - mean_t S)^2 );
difficulty = (V - mean of V over the class) / (its standard deviation over the class), 0 in a class where all V are
equal.

Source: Agarwal, D'souza and Hooker 2022, arXiv:2008.11600, section 2.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from lethe.data.augment import to_float
from lethe.difficulty.look import Look
from lethe.difficulty.spec import DifficultySpec
from lethe.networks.spec import Classifier

_BATCH = 500


def measure(look: Look) -> Float[np.ndarray, " examples"]:
    """In standard deviations of the class."""
    parts = []
    for pixels, labels in zip(
        torch.split(look.images.pixels, _BATCH), torch.split(look.images.labels, _BATCH), strict=True
    ):
        gradients = torch.stack([_gradient(model, to_float(pixels), labels) for model in look.snapshots])
        parts.append(gradients.double().std(dim=0, correction=0).flatten(1).mean(dim=1))
    return _within_class(torch.cat(parts), look.images.labels).cpu().numpy()


def _gradient(
    model: Classifier, images: Float[Tensor, "batch channels height width"], labels: Tensor
) -> Float[Tensor, "batch channels height width"]:
    """d z_y / d x of every image."""
    with torch.enable_grad():
        images = images.clone().requires_grad_(True)
        of_label = model.eval()(images).gather(1, labels[:, None]).sum()
        (gradient,) = torch.autograd.grad(of_label, images)
    return gradient


def _within_class(values: Float[Tensor, " examples"], labels: Tensor) -> Float[Tensor, " examples"]:
    """In standard deviations from the mean of the class."""
    found = torch.zeros_like(values)
    for label in torch.unique(labels):
        own = labels == label
        deviation = values[own].std(correction=0)
        if deviation > 0:
            found[own] = (values[own] - values[own].mean()) / deviation
    return found


SPEC = DifficultySpec(
    name="gradient_variance",
    title="VoG",
    summary="variance of the label's pixel gradients along training, within the class, mean over networks",
    source="Agarwal et al. 2022, arXiv:2008.11600",
    of="network",
    needs=("snapshots",),
    reads_label=True,
    default=False,
    measure=measure,
)
