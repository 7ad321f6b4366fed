"""What views share: batches of images, and random numbers for each of them.

Draws are made in one go for a batch on the generator's device, usually the CPU, and moved to the images' device, so
that a replicate sees the same views wherever it is trained.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Num
from torch import Tensor

Batch = Num[Tensor, "batch channels height width"]
FloatBatch = Float[Tensor, "batch channels height width"]
# Values, one per example, that broadcast over its pixels.
PerExample = Float[Tensor, "batch 1 1 1"]


def as_float(images: Batch) -> FloatBatch:
    """Pixels in 0..1, whether they were bytes or already are."""
    return images.float().div_(255) if images.dtype == torch.uint8 else images


def uniform(count: int, bounds: tuple[float, float], generator: torch.Generator) -> Float[Tensor, " batch"]:
    """One number per example, uniform between the bounds, on the generator's device."""
    draws = torch.rand(count, generator=generator, device=generator.device)
    return draws.mul_(bounds[1] - bounds[0]).add_(bounds[0])


def coins(count: int, probability: float, generator: torch.Generator) -> Bool[Tensor, " batch"]:
    """Whether each example is chosen, on the generator's device."""
    return torch.rand(count, generator=generator, device=generator.device) < probability


def per_example(values: Float[Tensor, " batch"], images: Batch) -> PerExample:
    """Values of the examples, on the images' device, in a shape that broadcasts over pixels."""
    return values.to(images.device)[:, None, None, None]


def change_some(images: Batch, chosen: Bool[Tensor, " batch"], change: Callable[[Batch], Batch]) -> Batch:
    """The chosen images changed, the others exactly as they were; only the chosen are computed."""
    # The choice lies on the CPU, so looking at it does not wait for an accelerator.
    if not bool(chosen.any()):
        return images
    if bool(chosen.all()):
        return change(images)
    rows = chosen.nonzero().flatten().to(images.device)
    changed = images.clone()
    changed[rows] = change(images.index_select(0, rows))
    return changed
