"""Quantisation after training, simulated: weights, and what layers take in, are rounded to 2^bits values.

A weight of output channel c becomes s_c clamp(round(w / s_c), -m, m) with m = 2^(bits - 1) - 1 and s_c = clip_c / m;
clip_c is max |w| (`minmax`), or the share of it that leaves the smallest squared error (`mse`). The range is symmetric
and leaves out the code -2^(bits - 1): 0 stays 0, and -w becomes minus what w becomes, so that batch-norm, which may
scale a channel by a negative number, can be folded into the weights before or after with the same codes. Biases and
batch-norm stay float32.

Inputs of all convolutions and linear layers, the first and the head included, are rounded as `networks/quantized.py`
says. Weights come first, ranges of activations are then measured on the network with rounded weights. Recalibration
comes last, through rounded activations whose ranges stay; measuring them under statistics that were already estimated
anew gained nothing (digits, 10 seeds: accuracy at 3 bits -0.8 to +0.5 points, at 4 bits -0.4 to 0.0).

Source: Krishnamoorthi 2018, arXiv:1806.08342, sections 2 and 3.1; the squared error as in Nagel et al. 2021,
arXiv:2106.08295, section 3.1. Differs: dynamic ranges are those of one image, not of a batch.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Literal

import torch
from jaxtyping import Float, UInt8
from pydantic import Field, field_validator
from torch import Tensor
from torch.utils.hooks import RemovableHandle

from lethe.compress.masks import prunable_weights
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.core.errors import CompressionError
from lethe.core.levels import FEWEST_BITS, MOST_BITS
from lethe.core.options import Count
from lethe.networks.predict import predict_logits
from lethe.networks.quantized import SMALLEST_SCALE, ActivationQuantizers, StaticQuantizer, attach_quantizers
from lethe.networks.spec import Classifier

FLOAT_BITS = 32
_SHRINKING = tuple(percent / 100 for percent in range(100, 18, -2))


class Options(PostHocOptions):
    """Where ranges end, and whether activations are rounded too."""

    weight_range: Literal["minmax", "mse"] = Field(
        default="minmax", description="end of a channel's range: largest weight, or smallest squared error"
    )
    activations: Literal["none", "dynamic", "static"] = Field(
        default="static", description="inputs of layers: float32, ranges of each image, or ranges measured beforehand"
    )
    activation_bits: int | None = Field(
        default=None, ge=FEWEST_BITS, le=MOST_BITS, description="bits of activations; none = as many as weights"
    )
    images: Count = Field(default=256, examples=[20], description="training images that static ranges are measured on")
    activation_percentile: float = Field(
        default=100.0, gt=50, le=100, description="where an image's static range ends, at both sides; 100 = min and max"
    )

    @property
    def images_asked(self) -> dict[str, int]:
        """Those that static ranges are measured on, and those of the recalibration."""
        return {**super().images_asked, **({"images": self.images} if self.activations == "static" else {})}

    @field_validator("finetune_epochs")
    @classmethod
    def _after_training(cls, epochs: int) -> int:
        if epochs:
            raise ValueError("quantize works after training only: fine-tuning would move weights off their grid; use 0")
        return epochs

    @field_validator("activation_percentile")
    @classmethod
    def _only_static(cls, percentile: float, others: Any) -> float:  # a pydantic.ValidationInfo
        if percentile < 100 and others.data.get("activations") != "static":
            raise ValueError("only static ranges can leave out extremes; use 100, or activations: static")
        return percentile


def compress(
    model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """Round weights and activations to the given bits, 32 = not at all; draws nothing.

    Raises:
        CompressionError: another number of bits, or a layer whose input has no finite range.
        ConfigError: more images asked for than there are.
    """
    bits = _whole_bits(level)
    copy = deepcopy(model).eval()
    if bits == FLOAT_BITS:
        return Compressed(copy, {})
    _round_weights(copy, bits, options.weight_range)
    weights = prunable_weights(copy)
    notes: dict[str, Any] = {"simulated": True, "quantized": dict.fromkeys(weights, bits)}
    if options.activations != "none":
        layers = tuple(name.removesuffix(".weight") for name in weights)
        quantizers = ActivationQuantizers(options.activations, options.activation_bits or bits, layers)
        _round_activations(copy, quantizers, options, inputs)
        notes["activation_quantizers"] = quantizers.as_json()
    return Compressed(copy, {}, notes)


def _whole_bits(level: float) -> int:
    """A level as a number of bits."""
    if level not in (*range(FEWEST_BITS, MOST_BITS + 1), FLOAT_BITS):
        raise CompressionError(
            f"{level:g} bits asked for; allowed: whole numbers from {FEWEST_BITS} to {MOST_BITS}, "
            f"or {FLOAT_BITS} to leave the network as it is"
        )
    return int(level)


@torch.no_grad()
def _round_weights(model: Classifier, bits: int, weight_range: str) -> None:
    """Round all prunable weights to their channels' grids, in place."""
    parameters = dict(model.named_parameters())
    for name, weight in prunable_weights(model).items():
        clip = best_clip(weight, bits) if weight_range == "mse" else largest(weight)
        parameters[name].copy_(rounded_weight(weight, clip, bits))


def largest(weight: Float[Tensor, "channels ..."]) -> Float[Tensor, " channels"]:
    """Largest absolute weight of every output channel."""
    return weight.flatten(1).abs().amax(1)


def best_clip(weight: Float[Tensor, "channels ..."], bits: int) -> Float[Tensor, " channels"]:
    """End of every channel's range that leaves the smallest squared error: 100, 98, ... 20 % of its largest weight."""
    clips = [share * largest(weight) for share in _SHRINKING]
    errors = [(rounded_weight(weight, clip, bits) - weight).square().flatten(1).sum(1) for clip in clips]
    best = torch.stack(errors).argmin(0)
    return torch.stack(clips).gather(0, best[None])[0]


def rounded_weight(
    weight: Float[Tensor, "channels ..."], clip: Float[Tensor, " channels"], bits: int
) -> Float[Tensor, "channels ..."]:
    """Weights on their channel's lattice of 2^bits - 1 values from -clip to clip."""
    most = 2 ** (bits - 1) - 1
    scale = (clip / most).clamp(min=SMALLEST_SCALE)
    zero = torch.zeros_like(scale, dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -most, most)


def _round_activations(model: Classifier, quantizers: ActivationQuantizers, options: Options, inputs: Inputs) -> None:
    """Have all layers round their inputs, in place; static ranges are measured on images first."""
    if quantizers.mode == "dynamic":
        attach_quantizers(model, quantizers)
        return
    images = inputs.images(options.images, purpose="images")
    ranges = input_ranges(model, quantizers.layers, images, options.activation_percentile)
    attach_quantizers(model, quantizers)
    for name, (low, high) in ranges.items():
        quantizer = model.get_submodule(f"{name}.input_quantizer")
        assert isinstance(quantizer, StaticQuantizer)
        quantizer.set_range(low, high)


def input_ranges(
    model: Classifier,
    layers: Sequence[str],
    images: UInt8[Tensor, "examples channels height width"],
    percentile: float,
) -> dict[str, tuple[float, float]]:
    """Smallest and largest input of every layer, over the ranges of single images, in evaluation mode.

    Raises: CompressionError: a layer that takes no part, or whose inputs are not finite.
    """
    seen: dict[str, list[Tensor]] = {name: [] for name in layers}

    def watch(name: str) -> RemovableHandle:
        layer = model.get_submodule(name)
        return layer.register_forward_pre_hook(lambda _, given: seen[name].append(image_ends(given[0], percentile)))

    handles = [watch(name) for name in layers]
    try:
        predict_logits(model, images)
    finally:
        for handle in handles:
            handle.remove()
    return {name: _joint_range(name, ends) for name, ends in seen.items()}


def image_ends(values: Float[Tensor, "batch ..."], percentile: float) -> Float[Tensor, "2 batch"]:
    """Ends of every image's range; int((1 - percentile / 100) n) of its n values lie beyond each."""
    flat = values.flatten(1)
    size = flat.shape[1]
    beyond = int((1 - percentile / 100) * size + 1e-9)
    if not beyond:
        return torch.stack([flat.amin(1), flat.amax(1)])
    return torch.stack([flat.kthvalue(1 + beyond, dim=1).values, flat.kthvalue(size - beyond, dim=1).values])


def _joint_range(name: str, ends: list[Tensor]) -> tuple[float, float]:
    """One layer's range over all images: from the smallest low end to the largest high end."""
    every = torch.cat(ends, dim=1) if ends else torch.full((2, 1), torch.nan)
    if not bool(torch.isfinite(every).all()):
        raise CompressionError(
            f"layer '{name}' saw no finite range of inputs while ranges were measured; allowed: layers that take part "
            "in every forward pass; use activations: dynamic or none"
        )
    return float(every[0].min()), float(every[1].max())


SPEC = CompressSpec(
    name="quantize",
    summary="weights and activations rounded to few bits, simulated",
    source="Krishnamoorthi 2018, arXiv:1806.08342; Nagel et al. 2021, arXiv:2106.08295",
    level_kind="bits",
    pairing="post_hoc",
    role="method",
    control="",
    acts_on="bits",
    Options=Options,
    compress=compress,
)
