"""Fake quantisation as plain arithmetic: what torch.export and ONNX can hold for any number of bits.

ONNX has operators for 8 bits (and 4), not for 3 or 6, and torch.export cannot trace torch's operator with a scale that
is computed from the images. The formula, with half rounded to even, gives torch's values bit for bit:

    q = clamp(round(x / scale) + zero_point, low, high),    y = (q - zero_point) * scale

Source: documentation of torch.fake_quantize_per_tensor_affine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_EXTREMES = (torch.amin, torch.amax, Tensor.amin, Tensor.amax)
_ROUNDINGS = (torch.round, Tensor.round)


@dataclass(frozen=True)
class _Steps:
    """Where the quantised values lie."""

    scale: Tensor
    zero_point: Tensor
    low: int
    high: int


class AsArithmetic(TorchFunctionMode):
    """Within this context fake quantisation is computed by its formula.

    Args: rounding: False leaves the rounding out, so that the network becomes a continuous function.
    """

    def __init__(self, *, rounding: bool = True) -> None:
        super().__init__()
        self.rounding = rounding

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Replace the operators that have no counterpart, call all others."""
        named = dict(kwargs or {})
        if func is torch.fake_quantize_per_tensor_affine:
            return self._quantised(args[0], _of_tensor(*args[1:], **named))
        if func is torch.fake_quantize_per_channel_affine:
            return self._quantised(args[0], _of_channels(args[0], *args[1:], **named))
        if func in _EXTREMES and len(args) == 1 and not named:
            return func(args[0].flatten(), dim=0)  # ONNX has none over all axes at once
        if func in _ROUNDINGS:
            return self._rounded(args[0])
        return func(*args, **named)

    def _quantised(self, values: Tensor, steps: _Steps) -> Tensor:
        # torch multiplies by the inverse of the scale; a division would round some values to the other side.
        moved = self._rounded(values * (1 / steps.scale)) + steps.zero_point
        return (torch.clamp(moved, steps.low, steps.high) - steps.zero_point) * steps.scale

    def _rounded(self, values: Tensor) -> Tensor:
        return torch.round(values) if self.rounding else values.clone()


def _of_tensor(scale: Tensor | float, zero_point: Tensor | int, quant_min: int, quant_max: int) -> _Steps:
    return _Steps(torch.as_tensor(scale), torch.as_tensor(zero_point), quant_min, quant_max)


def _of_channels(
    values: Tensor, scale: Tensor, zero_point: Tensor, axis: int, quant_min: int, quant_max: int
) -> _Steps:
    shape = [-1 if dimension == axis % values.dim() else 1 for dimension in range(values.dim())]
    return _Steps(scale.view(shape), zero_point.view(shape), quant_min, quant_max)
