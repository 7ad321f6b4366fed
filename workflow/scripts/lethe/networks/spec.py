"""What a file in `networks/families` promises, and the one shape of every network: pixels, encoder, head."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from pydantic import BaseModel
from torch import Tensor, nn

# Tensors of a network by name: parameters and buffers.
State = dict[str, Tensor]
# Which weights stay, by parameter name, 1 = kept.
Masks = dict[str, Bool[Tensor, "..."]]


class Classifier(nn.Module):
    """An encoder and a linear head; pixel statistics travel with the weights, so a checkpoint stands alone."""

    pixel_mean: Tensor
    pixel_std: Tensor

    def __init__(self, encoder: nn.Module, head: nn.Linear, channels: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.register_buffer("pixel_mean", torch.zeros(channels))
        self.register_buffer("pixel_std", torch.ones(channels))

    def set_pixel_statistics(self, mean: Float[Tensor, " channels"], std: Float[Tensor, " channels"]) -> None:
        """Mean and standard deviation of the training pixels, channel by channel, on the scale 0..1."""
        self.pixel_mean.copy_(mean)
        self.pixel_std.copy_(std)

    def features(self, images: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch features"]:
        """The representation of images whose pixels lie in 0..1."""
        normalized = (images - self.pixel_mean[:, None, None]) / self.pixel_std[:, None, None]
        return self.encoder(normalized)

    def forward(self, images: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch classes"]:
        """Logits of images whose pixels lie in 0..1."""
        return self.head(self.features(images))


@dataclass(frozen=True)
class ModelSpec:
    """One family: `SPEC = ModelSpec(...)` in its file, `name`, `summary`, `source` as literals.

    Attributes:
        build: (options, channels, classes) -> Classifier. Draws initial weights from torch's global generator,
            because the layers of torch and timm do; `build_classifier` seeds and restores it.
        cut_points: (dense network) -> names of modules of its encoder in the order of the computation, after each of
            which what the network knows so far can be read: the stem, every block.
        rebuild: the same shape for the weights of a checkpoint, where that is quicker than `build` or needs less.
    """

    name: str
    summary: str
    source: str
    Options: type[BaseModel]
    build: Callable[[Any, int, int], Classifier]
    cut_points: Callable[[Classifier], tuple[str, ...]]
    rebuild: Callable[[Any, int, int], Classifier] | None = None
