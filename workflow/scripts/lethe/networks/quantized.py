"""Quantised activations: convolutions and linear layers whose inputs are rounded to 2^bits values.

    q(x) = s (clamp(round(x / s) + z, 0, 2^b - 1) - z),   s = (high - low) / (2^b - 1),   z = round(-low / s)

The range low..high is widened to hold 0, which is then rounded to itself: padding and switched-off units stay
exact. Halves are rounded to even. No gradient passes a quantiser.

Source: Jacob et al. 2018, arXiv:1712.05877, section 2.1; differs: simulated, in float32 arithmetic on rounded values.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float, Int32
from torch import Tensor, nn

# A range of a single point still needs a scale; its inverse must be finite.
SMALLEST_SCALE = torch.finfo(torch.float32).tiny
_NAME = "input_quantizer"


@dataclass(frozen=True)
class ActivationQuantizers:
    """Which layers round their inputs and how, as a checkpoint's record says it.

    Attributes:
        mode: `static`: one range per layer, measured beforehand; `dynamic`: the range of each image, as it comes.
        layers: names of convolutions and linear layers.
    """

    mode: Literal["static", "dynamic"]
    bits: int
    layers: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """As it stands in a checkpoint's header."""
        return {**asdict(self), "layers": list(self.layers)}


@dataclass(frozen=True)
class Lattice:
    """Evenly spaced values, scale * (code - zero_point); one lattice, or one per image."""

    scale: Float[Tensor, "*images"]
    zero_point: Int32[Tensor, "*images"]


def affine_lattice(low: Float[Tensor, "*images"], high: Float[Tensor, "*images"], bits: int) -> Lattice:
    """The lattice of 2^bits values from low to high, 0 among them."""
    low, high = low.clamp(max=0), high.clamp(min=0)
    codes = 2**bits - 1
    scale = ((high - low) / codes).clamp(min=SMALLEST_SCALE)
    return Lattice(scale, (-low / scale).round().clamp(0, codes).int())


def rounded(values: Float[Tensor, "..."], lattice: Lattice, bits: int) -> Float[Tensor, "..."]:
    """Values on the lattice of a layer, or of each image; outside its range the nearest end.

    torch.fake_quantize_per_tensor_affine bit for bit, in operators that torch.export and ONNX know.
    """
    per_image = (-1,) + (1,) * (values.dim() - 1) if lattice.scale.dim() else ()
    scale, zero_point = lattice.scale.view(per_image), lattice.zero_point.view(per_image)
    # Not `round_`: the export check leaves rounding out by standing in for `round`.
    codes = (values * (1 / scale)).round().add_(zero_point).clamp_(0, 2**bits - 1)
    return codes.sub_(zero_point).mul_(scale)


class StaticQuantizer(nn.Module):
    """One range for whatever comes: `scale` and `zero_point` are part of the state dict."""

    scale: Tensor
    zero_point: Tensor

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = bits
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("zero_point", torch.zeros((), dtype=torch.int32))

    def set_range(self, low: float, high: float) -> None:
        """Spread the lattice from low to high."""
        lattice = affine_lattice(torch.tensor(low), torch.tensor(high), self.bits)
        self.scale.copy_(lattice.scale)
        self.zero_point.copy_(lattice.zero_point)

    def forward(self, values: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Rounded values."""
        return rounded(values, Lattice(self.scale, self.zero_point), self.bits)


class DynamicQuantizer(nn.Module):
    """The range of each image by itself, not of the batch: no prediction depends on the images beside it."""

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = bits

    def forward(self, values: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch ..."]:
        """Rounded values."""
        flat = values.flatten(1)
        return rounded(values, affine_lattice(flat.amin(1), flat.amax(1), self.bits), self.bits)


def attach_quantizers(model: nn.Module, quantizers: ActivationQuantizers) -> None:
    """Have layers round their inputs, in place; static ranges are still to be set or loaded.

    A quantiser is a part of its layer, `input_quantizer`, so that all parameters keep their names.
    """
    quantizer = {"static": StaticQuantizer, "dynamic": DynamicQuantizer}[quantizers.mode]
    for name in quantizers.layers:
        layer = model.get_submodule(name)
        assert not hasattr(layer, _NAME), name
        layer.add_module(_NAME, quantizer(quantizers.bits).to(next(layer.parameters()).device))
        layer.register_forward_pre_hook(_round_input)


def _round_input(layer: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return (layer.get_submodule(_NAME)(inputs[0]), *inputs[1:])
