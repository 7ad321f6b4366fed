"""Synthetic images from a network alone: pixels are optimised until its batch-norms see what they saw in training.

loss(x) = cross entropy(f(x), y) + a sum_l (||mu_l(x) - mu_l||^2 + ||var_l(x) - var_l||^2) + b TV(x) + c ||x||^2
over the batch-norms l, with their running statistics mu_l and var_l, for labels y that go round the classes.

Source: Yin et al. 2020, DeepInversion, arXiv:1912.08795, equations 2 to 4; for repairing folded networks Wang et al.
2025, arXiv:2502.10216 (Fold-DIR). Differs from Yin et al.: distances of statistics are squared, as Wang et al. have
them; weights and steps are options, the image prior is anisotropic TV.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float, UInt8
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lethe.core.errors import CompressionError
from lethe.core.options import MOST, Count, Strict
from lethe.networks.compute import training_layout
from lethe.networks.spec import Classifier

Images = Float[Tensor, "batch channels height width"]


class InversionOptions(Strict):
    """How many images, how long they are optimised, and what the terms of the loss weigh."""

    images: int = Field(default=128, ge=2, le=MOST, description="synthetic images, one batch")
    steps: Count = Field(default=200, description="steps of Adam on the pixels")
    learning_rate: PositiveFloat = Field(default=0.05, description="of Adam, on pixels in 0..1")
    statistics: NonNegativeFloat = Field(default=1.0, description="a: match of the batch-norms' statistics")
    variation: NonNegativeFloat = Field(default=0.01, description="b: total variation, mean over pixels")
    energy: NonNegativeFloat = Field(default=0.001, description="c: squared pixels, mean")


def invert(
    model: Classifier, image_shape: Sequence[int], options: InversionOptions, generator: torch.Generator
) -> UInt8[Tensor, "examples channels height width"]:
    """Synthetic images on the network's device; the network is left as it was.

    Raises: CompressionError: no batch-norm whose statistics could be matched.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        raise CompressionError("deep inversion matches batch-norms, but this network has none; use repair: none")
    device = next(model.parameters()).device
    shape = (options.images, *image_shape)
    pixels = torch.rand(shape, generator=generator).to(device).requires_grad_(True)
    labels = torch.arange(options.images, device=device) % model.head.out_features
    optimizer = torch.optim.Adam([pixels], lr=options.learning_rate)
    model.eval().to(memory_format=training_layout(model))
    for _ in range(options.steps):
        misfits: list[Tensor] = []
        with _watched(norms, misfits), torch.enable_grad():
            loss = cross_entropy(model(pixels), labels) + options.statistics * torch.stack(misfits).sum()
        loss = loss + options.variation * total_variation(pixels) + options.energy * pixels.square().mean()
        # Only the pixels' gradient is wanted: the network's parameters must not collect any.
        (pixels.grad,) = torch.autograd.grad(loss, pixels)
        optimizer.step()
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return (pixels.detach() * 255).round().to(torch.uint8)


@contextmanager
def _watched(norms: list[nn.BatchNorm2d], misfits: list[Tensor]) -> Iterator[None]:
    """While open, every forward pass appends each batch-norm's squared distance from its running statistics."""

    def measure(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        assert norm.running_mean is not None and norm.running_var is not None
        variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3), correction=0)
        misfits.append((mean - norm.running_mean).square().sum() + (variance - norm.running_var).square().sum())

    handles = [norm.register_forward_pre_hook(measure) for norm in norms]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def total_variation(images: Images) -> Float[Tensor, ""]:
    """Mean absolute difference of neighbouring pixels, down plus across."""
    return images.diff(dim=2).abs().mean() + images.diff(dim=3).abs().mean()
