"""Activation quantisers: the equation, torch's operators and observers, and what a module has to survive."""

import json
from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from lethe.data.augment import to_float
from lethe.networks.quantized import (
    ActivationQuantizers,
    DynamicQuantizer,
    Lattice,
    StaticQuantizer,
    affine_lattice,
    attach_quantizers,
    rounded,
)
from lethe.networks.shapes import take_shapes
from lethe.networks.spec import Classifier
from support.near import assert_near
from support.small import small_images, small_model, states_equal

BITS = st.integers(2, 16)
UNHURRIED = settings(deadline=None)
NUMBERS = st.floats(-1e4, 1e4, width=32)
VALUES = st.lists(NUMBERS, min_size=1, max_size=20).map(torch.tensor)
LAYERS = ("encoder.conv1", "encoder.layer2.0.conv2", "head")


def quantized_model(mode: str, bits: int = 4) -> Classifier:
    """The small ResNet with quantisers at three of its layers, each with a range of its own."""
    model = small_model()
    attach_quantizers(model, ActivationQuantizers(mode, bits, LAYERS))
    for number, name in enumerate(LAYERS):
        quantizer = model.get_submodule(f"{name}.input_quantizer")
        if isinstance(quantizer, StaticQuantizer):
            quantizer.set_range(-0.3 * number, 1.0 + number)
    return model


@pytest.fixture(params=["static", "dynamic"])
def model(request: pytest.FixtureRequest) -> Classifier:
    return quantized_model(request.param)


@pytest.fixture(scope="module")
def images() -> Tensor:
    return to_float(small_images(6))


def one_by_one(values: list[float], low: float, high: float, bits: int) -> list[float]:
    """The equation, a number at a time, every operation rounded to float32."""
    f, codes = np.float32, 2**bits - 1
    low, high = f(min(low, 0)), f(max(high, 0))
    scale = (high - low) / f(codes)
    zero_point = round(float(-low / scale))
    kept = [min(max(round(float(f(value) * (f(1) / scale))) + zero_point, 0), codes) for value in values]
    return [float(f(code - zero_point) * scale) for code in kept]


@given(VALUES, NUMBERS, NUMBERS, BITS)
@UNHURRIED
def test_rounding_is_the_equation(values: Tensor, one: float, other: float, bits: int) -> None:
    low, high = sorted((one, other))
    assume(max(high, 0) - min(low, 0) > 1e-3)
    ours = rounded(values, affine_lattice(torch.tensor(low), torch.tensor(high), bits), bits)
    assert ours.tolist() == one_by_one(values.tolist(), low, high, bits)


@given(VALUES, st.floats(2**-10, 1e3, width=32), st.integers(0, 2**16 - 1), BITS)
@UNHURRIED
def test_rounding_is_torchs_operator_bit_for_bit(values: Tensor, scale: float, zero: int, bits: int) -> None:
    codes = 2**bits - 1
    lattice = Lattice(torch.tensor(scale), torch.tensor(min(zero, codes), dtype=torch.int32))
    theirs = torch.fake_quantize_per_tensor_affine(values, lattice.scale, lattice.zero_point, 0, codes)
    assert torch.equal(rounded(values, lattice, bits), theirs)


@given(st.integers(0, 2**31), BITS)
@UNHURRIED
def test_dynamic_rounding_is_torchs_operator_with_a_channel_an_image(seed: int, bits: int) -> None:
    values = torch.randn(5, 3, 2, 2, generator=torch.Generator().manual_seed(seed))
    flat = values.flatten(1)
    lattice = affine_lattice(flat.amin(1), flat.amax(1), bits)
    theirs = torch.fake_quantize_per_channel_affine(values, lattice.scale, lattice.zero_point, 0, 0, 2**bits - 1)
    assert torch.equal(DynamicQuantizer(bits)(values), theirs)


@given(NUMBERS, NUMBERS, st.sampled_from([2, 4, 8]))
@UNHURRIED
def test_grids_are_those_of_torchs_observer(one: float, other: float, bits: int) -> None:
    from torch.ao.quantization.observer import MinMaxObserver

    low, high = sorted((one, other))
    assume(max(high, 0) - min(low, 0) > 1e-2)  # torch raises smaller steps to float32's machine epsilon
    observer = MinMaxObserver(dtype=torch.quint8, qscheme=torch.per_tensor_affine, quant_min=0, quant_max=2**bits - 1)
    observer(torch.tensor([low, high]))
    scale, zero_point = observer.calculate_qparams()
    ours = affine_lattice(torch.tensor([low]), torch.tensor([high]), bits)
    assert torch.equal(ours.scale, scale)
    assert torch.equal(ours.zero_point, zero_point.int())


@given(NUMBERS, NUMBERS, BITS)
@UNHURRIED
def test_zero_stays_zero(one: float, other: float, bits: int) -> None:
    lattice = affine_lattice(torch.tensor(min(one, other)), torch.tensor(max(one, other)), bits)
    assert rounded(torch.zeros(1), lattice, bits).item() == 0


@given(st.integers(0, 2**31), BITS)
@UNHURRIED
def test_errors_within_the_range_are_at_most_half_a_step(seed: int, bits: int) -> None:
    values = torch.randn(200, generator=torch.Generator().manual_seed(seed))
    lattice = affine_lattice(values.min(), values.max(), bits)
    # Rounding the zero point moves the lattice by up to half a step, so an end may lie half a step outside.
    inside = (values > values.min() + lattice.scale) & (values < values.max() - lattice.scale)
    error = (rounded(values, lattice, bits) - values).abs()
    assert error[inside].le(lattice.scale * 0.501 + 1e-6).all()
    assert error.le(lattice.scale * 1.001 + 1e-6).all()
    assert len(rounded(values, lattice, bits).unique()) <= 2**bits


def test_the_values_given_are_left_as_they_were(images: Tensor) -> None:
    before = images.clone()
    StaticQuantizer(3)(images)
    DynamicQuantizer(3)(images)
    assert torch.equal(images, before)


def test_a_quantiser_rounds_what_its_layer_takes_in(images: Tensor) -> None:
    layer = nn.Conv2d(1, 2, 3)
    plain = deepcopy(layer)
    attach_quantizers(nn.ModuleDict({"layer": layer}), ActivationQuantizers("dynamic", 3, ("layer",)))
    assert torch.equal(layer(images), plain(DynamicQuantizer(3)(images)))
    assert not torch.equal(layer(images), plain(images))


def test_a_layer_without_a_quantiser_is_left_alone() -> None:
    model = quantized_model("static")
    named = {name.rpartition(".")[0] for name, _ in model.named_modules() if name.endswith("input_quantizer")}
    assert named == set(LAYERS)


def test_parameters_keep_their_names_and_values(model: Classifier) -> None:
    dense = small_model()
    assert states_equal(dict(model.named_parameters()), dict(dense.named_parameters()))
    assert set(model.state_dict()) >= set(dense.state_dict())


def test_dynamic_quantisers_add_nothing_to_the_state() -> None:
    assert states_equal(quantized_model("dynamic").state_dict(), small_model().state_dict())


def test_static_ranges_travel_with_the_state(images: Tensor) -> None:
    model, fresh = quantized_model("static"), small_model()
    attach_quantizers(fresh, ActivationQuantizers("static", 4, LAYERS))
    take_shapes(fresh, model.state_dict())
    fresh.load_state_dict(model.state_dict(), strict=True)
    assert torch.equal(fresh(images), model(images))
    assert_near(fresh.get_submodule("head.input_quantizer").scale.squeeze(), 3.6 / 15)


def test_a_copy_gives_the_same_logits_and_shares_nothing(model: Classifier, images: Tensor) -> None:
    logits = model(images)
    copy = deepcopy(model)
    assert torch.equal(copy(images), logits)
    for quantizer in (m for m in copy.modules() if isinstance(m, StaticQuantizer)):
        quantizer.set_range(0.0, 1e-3)
    copy.head.weight.data.zero_()
    assert torch.equal(model(images), logits)


@torch.no_grad()
def test_predictions_do_not_depend_on_the_other_images(model: Classifier, images: Tensor) -> None:
    others = torch.cat([images[:1], images[1:] * 40 - 7])
    assert torch.equal(model(images)[0], model(others)[0])
    assert not torch.equal(model(images)[1:], model(others)[1:])


@torch.no_grad()
def test_the_description_survives_json(images: Tensor) -> None:
    quantizers = ActivationQuantizers("dynamic", 3, LAYERS)
    again = ActivationQuantizers(**json.loads(json.dumps(quantizers.as_json())))
    assert again.as_json() == quantizers.as_json()
    one, other = small_model(), small_model()
    attach_quantizers(one, quantizers)
    attach_quantizers(other, again)
    assert torch.equal(one(images), other(images))


@pytest.mark.slow
@torch.no_grad()
def test_a_quantised_network_is_exported_with_the_same_logits(model: Classifier, images: Tensor) -> None:
    batch = {0: torch.export.Dim("batch")}
    program = torch.export.export(model, (images[:2],), dynamic_shapes=(batch,), strict=False)
    assert torch.equal(program.module()(images), model(images))


@pytest.mark.slow  # onnxruntime and the exporter take seconds to import
@torch.no_grad()
def test_onnx_gives_the_same_logits(
    model: Classifier, images: Tensor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import onnxruntime

    file = tmp_path_factory.mktemp("onnx") / "model.onnx"
    batch = {0: torch.export.Dim("batch")}
    torch.onnx.export(model, (images[:2],), file, dynamo=True, dynamic_shapes=(batch,), verbose=False)
    session = onnxruntime.InferenceSession(file)
    (logits,) = session.run(None, {session.get_inputs()[0].name: images.numpy()})
    # Sums in another order can push an activation over the border between two steps: rarely, one image at a time.
    differences = (torch.from_numpy(logits) - model(images)).abs().amax(1)
    assert (differences <= 1e-4).sum() >= len(images) - 1
