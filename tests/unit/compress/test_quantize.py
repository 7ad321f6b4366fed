"""Quantisation: weights against the equation and torch's observer, ranges of activations, options."""

from copy import deepcopy
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from lethe.compress.masks import prunable_weights
from lethe.compress.methods.quantize import SPEC, Options, best_clip, image_ends, input_ranges, largest, rounded_weight
from lethe.compress.spec import Compressed, Inputs
from lethe.core.errors import CompressionError, ConfigError
from lethe.data.augment import to_float
from lethe.networks.predict import predict_logits
from lethe.networks.quantized import StaticQuantizer
from support.near import assert_near
from support.small import small_images, small_model, states_equal

BITS = st.integers(2, 16)
SEEDS = st.integers(0, 2**31)
FEW = settings(max_examples=25, deadline=None)


def weights(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def inputs(pool: Tensor) -> Inputs:
    order = np.random.default_rng(0).permutation(len(pool))
    return Inputs(pool.numpy(), order, torch.device("cpu"))


def quantized(bits: float, *, pool: Tensor | None = None, **options: Any) -> Compressed:
    """The small ResNet, compressed; 16 calibration images unless told."""
    images = small_images(40) if pool is None else pool
    return SPEC.compress(
        small_model(), bits, Options(**{"images": 16, **options}), inputs(images), torch.Generator().manual_seed(0)
    )


def ranges_of(model: torch.nn.Module) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in model.state_dict().items() if "input_quantizer" in name}


def squared_error(weight: Tensor, other: Tensor) -> Tensor:
    return (weight - other).double().square().flatten(1).sum(1)


@given(SEEDS, BITS)
@FEW
def test_weights_are_rounded_as_the_equation_says(seed: int, bits: int) -> None:
    weight, f, most = weights(seed, 3, 2, 3, 1), np.float32, 2 ** (bits - 1) - 1
    expected = []
    for channel in weight.flatten(1).tolist():
        scale = f(max(abs(w) for w in channel)) / f(most)
        codes = [min(max(round(float(f(w) * (f(1) / scale))), -most), most) for w in channel]
        expected.append([float(f(code) * scale) for code in codes])
    assert rounded_weight(weight, largest(weight), bits).flatten(1).tolist() == expected


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_scales_are_those_of_torchs_observer(bits: int) -> None:
    from torch.ao.quantization.observer import PerChannelMinMaxObserver

    weight, most = weights(0, 6, 3, 3, 3), 2 ** (bits - 1) - 1
    observer = PerChannelMinMaxObserver(
        dtype=torch.qint8, qscheme=torch.per_channel_symmetric, quant_min=-most, quant_max=most
    )
    observer(weight)
    scale, zero_point = observer.calculate_qparams()
    theirs = torch.fake_quantize_per_channel_affine(weight, scale, zero_point.int(), 0, -most, most)
    assert_near(rounded_weight(weight, largest(weight), bits), theirs, rtol=1e-6, atol=0)


@given(SEEDS, BITS)
@FEW
def test_errors_are_at_most_half_a_step_and_so_are_few_the_values(seed: int, bits: int) -> None:
    weight = weights(seed, 4, 50)
    new = rounded_weight(weight, largest(weight), bits)
    step = largest(weight) / (2 ** (bits - 1) - 1)
    assert ((new - weight).abs() <= 0.5001 * step[:, None] + 1e-6).all()
    assert all(len(row.unique()) <= 2**bits - 1 for row in new)


@pytest.mark.slow
@given(SEEDS, BITS, st.integers(-20, 20))
@FEW
def test_a_channels_size_is_irrelevant_and_so_are_signs(seed: int, bits: int, power: int) -> None:
    weight = weights(seed, 4, 9)
    factors = torch.tensor([1.0, -1.0, 2.0**power, -(2.0**power)])[:, None]
    one = rounded_weight(weight, largest(weight), bits) * factors
    assert torch.equal(rounded_weight(weight * factors, largest(weight * factors), bits), one)
    assert torch.equal(best_clip(weight * factors, bits), best_clip(weight, bits) * factors[:, 0].abs())


@given(SEEDS, BITS)
@FEW
def test_zeros_and_silent_channels_stay_zero(seed: int, bits: int) -> None:
    weight = weights(seed, 3, 8)
    weight[0], weight[1, 3] = 0, 0
    for clip in (largest(weight), best_clip(weight, bits)):
        new = rounded_weight(weight, clip, bits)
        assert torch.isfinite(new).all()
        assert (new[weight == 0] == 0).all()


def test_more_bits_leave_less_error() -> None:
    weight = weights(1, 8, 300)
    errors = [squared_error(weight, rounded_weight(weight, largest(weight), b)).sum() for b in range(2, 13)]
    # A step is at least halved with every bit, its square quartered; grids are not nested, hence the slack.
    assert all(less < 0.4 * more for more, less in pairwise(errors))


@pytest.mark.slow
@given(SEEDS, st.integers(2, 8))
@FEW
def test_the_best_range_is_the_best_of_the_tried_and_no_worse_than_the_whole(seed: int, bits: int) -> None:
    weight = weights(seed, 3, 40)
    found = squared_error(weight, rounded_weight(weight, best_clip(weight, bits), bits))
    tried = [
        squared_error(weight, rounded_weight(weight, largest(weight) * (percent / 100), bits))
        for percent in range(20, 101, 2)
    ]
    assert_near(found, torch.stack(tried).amin(0), rtol=1e-4, atol=1e-10)
    assert (found <= tried[-1] + 1e-10).all()


def test_the_best_range_pays_at_few_bits() -> None:
    weight = weights(2, 8, 300)
    best, whole = (rounded_weight(weight, clip, 3) for clip in (best_clip(weight, 3), largest(weight)))
    assert (squared_error(weight, best) < 0.8 * squared_error(weight, whole)).all()


@pytest.mark.parametrize("activations", ["none", "dynamic", "static"])
def test_32_bits_are_the_identity(activations: str) -> None:
    compressed = quantized(32.0, activations=activations)
    assert torch.equal(predict_logits(compressed.model, small_images()), predict_logits(small_model(), small_images()))
    assert (compressed.masks, compressed.notes) == ({}, {})


@pytest.mark.parametrize("bits", [0.0, 1.0, 2.5, 17.0, 31.0, 33.0])
def test_other_bits_are_refused(bits: float) -> None:
    with pytest.raises(CompressionError, match=r"bits asked for; allowed: whole numbers from 2 to 16, or 32 to leave"):
        quantized(bits)


def test_weights_of_all_convolutions_and_linear_layers_are_rounded_and_nothing_else() -> None:
    compressed, dense = quantized(4.0, activations="none"), small_model().state_dict()
    rounded = prunable_weights(small_model())
    assert compressed.notes == {"simulated": True, "quantized": dict.fromkeys(rounded, 4)}
    for name, tensor in compressed.model.state_dict().items():
        expected = rounded_weight(tensor, largest(dense[name]), 4) if name in rounded else dense[name]
        assert torch.equal(tensor, expected), name


def test_the_input_is_untouched_and_the_same_seed_gives_the_same_result() -> None:
    model = small_model().train()
    before = deepcopy(model.state_dict())
    generator = torch.Generator().manual_seed(0)
    one, other = (
        SPEC.compress(model, 4.0, Options(images=9), inputs(small_images()), generator).model for _ in range(2)
    )
    assert states_equal(model.state_dict(), before)
    assert model.training
    assert predict_logits(model, small_images()).equal(predict_logits(small_model(), small_images()))
    assert states_equal(one.state_dict(), other.state_dict())


@pytest.mark.parametrize("options", [{}, {"activations": "dynamic"}, {"activation_bits": 3}])
def test_activations_have_the_bits_asked_for(options: dict[str, Any]) -> None:
    compressed = quantized(5.0, **options)
    bits = options.get("activation_bits", 5)
    values: dict[str, Tensor] = {}
    for name in compressed.notes["activation_quantizers"]["layers"]:
        quantizer = compressed.model.get_submodule(f"{name}.input_quantizer")
        quantizer.register_forward_hook(lambda _, given, out, name=name: values.update({name: out[0]}))
    compressed.model(to_float(small_images()))
    assert {f"{name}.weight" for name in values} == set(compressed.notes["quantized"])
    assert all(len(value.unique()) <= 2**bits for value in values.values())
    assert compressed.notes["activation_quantizers"]["bits"] == bits


def test_static_ranges_are_those_of_exactly_the_images_asked_for() -> None:
    pool = small_images(40)
    order = inputs(pool).order
    expected = ranges_of(quantized(8.0, pool=pool).model)
    later, first = pool.clone(), pool.clone()
    later[order[16:]] = 255
    first[order[15]] = 255
    assert states_equal(ranges_of(quantized(8.0, pool=later).model), expected)
    assert not states_equal(ranges_of(quantized(8.0, pool=first).model), expected)


def test_static_ranges_are_measured_on_rounded_weights_in_evaluation_mode() -> None:
    rounded = quantized(3.0, activations="none").model
    seen: dict[str, Tensor] = {}
    for name in ("encoder.conv1", "encoder.layer2.0.conv1", "head"):
        layer = rounded.get_submodule(name)
        layer.register_forward_pre_hook(lambda _, given, name=name: seen.update({name: given[0]}))
    rounded.eval()(to_float(inputs(small_images(40)).images(16, purpose="images")))
    model = quantized(3.0).model
    for name, values in seen.items():
        quantizer = StaticQuantizer(3)
        quantizer.set_range(values.min().item(), values.max().item())
        assert torch.equal(model.get_submodule(f"{name}.input_quantizer").scale, quantizer.scale)
        assert torch.equal(model.get_submodule(f"{name}.input_quantizer").zero_point, quantizer.zero_point)


@given(SEEDS, st.sampled_from([60.0, 90.0, 99.0, 99.9, 100.0]))
@FEW
def test_percentiles_leave_out_so_many_of_each_images_values(seed: int, percentile: float) -> None:
    values = weights(seed, 3, 2, 10, 5)
    low, high = image_ends(values, percentile)
    for image, bottom, top in zip(values.flatten(1), low, high, strict=True):
        beyond = round((100 - percentile) / 100 * 100 - 0.49)
        ordered = sorted(image.tolist())
        assert (bottom.item(), top.item()) == (ordered[beyond], ordered[-1 - beyond])


def test_a_lower_percentile_narrows_ranges() -> None:
    layers, images = ["encoder.conv1", "encoder.layer1.0.conv2"], small_images()
    wide, narrow = (input_ranges(small_model(), layers, images, percentile) for percentile in (100.0, 95.0))
    assert all(wide[name][1] > narrow[name][1] for name in layers)
    assert all(wide[name][0] <= narrow[name][0] for name in layers)


def test_a_layer_that_takes_no_part_has_no_range() -> None:
    model = small_model()
    model.encoder.add_module("spare", torch.nn.Identity())
    model.encoder.spare.add_module("linear", torch.nn.Linear(2, 2))
    with pytest.raises(CompressionError, match=r"layer 'encoder\.spare\.linear' saw no finite range of inputs"):
        input_ranges(model, ["head", "encoder.spare.linear"], small_images(), 100.0)
    assert not model.head._forward_pre_hooks


def test_too_few_images_are_an_error() -> None:
    with pytest.raises(ConfigError, match="images: 41 training images asked for, but there are 40"):
        quantized(8.0, images=41)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"finetune_epochs": 1}, "quantize works after training only"),
        ({"activations": "dynamic", "activation_percentile": 99.0}, "only static ranges can leave out extremes"),
        ({"activation_percentile": 50.0}, "greater than 50"),
        ({"images": 0}, "greater than or equal to 1"),
        ({"activation_bits": 1}, "greater than or equal to 2"),
        ({"weight_range": "kl"}, "'minmax' or 'mse'"),
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Options(**wrong)


@torch.no_grad()
@pytest.mark.parametrize("activations", ["dynamic", "static"])
def test_predictions_do_not_depend_on_the_other_images(activations: str) -> None:
    model, images = quantized(4.0, activations=activations).model, small_images(6)
    others = torch.cat([images[:1], 255 - images[1:]])
    assert torch.equal(predict_logits(model, images)[0], predict_logits(model, others)[0])
