"""Exported networks give the network's own logits, for any number of images; otherwise nothing is exported."""

import io
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import safetensors.torch
import torch
from torch import nn

from lethe.core.errors import ExportError
from lethe.data.augment import to_float
from lethe.data.store import Stored
from lethe.networks import export as module
from lethe.networks.checkpoint import Block
from lethe.networks.export import ONNX, PROGRAM, STATE, Exported, export, export_record, export_seed
from lethe.networks.quantized import ActivationQuantizers, StaticQuantizer, attach_quantizers
from lethe.networks.shapes import take_shapes
from lethe.networks.spec import Classifier
from support.near import assert_near
from support.small import RESNET, small_images, small_model

pytestmark = pytest.mark.slow  # torch's ONNX exporter takes seconds to import
IMAGES = small_images(20).numpy()
SPLIT = Stored(IMAGES, np.zeros(20, np.int64), np.arange(20), {"class_names": ["a", "b", "c"]})


def block_of(*models: Classifier, **record: object) -> Block:
    values = {"regime": "supervised", "method": "fold", "level": "0.50", "code_version": "abc", **record}
    seeds = list(range(3, 3 + len(models)))
    return Block({**values, "architecture": RESNET.as_json(), "seeds": seeds}, tuple(m.state_dict() for m in models))


def narrow_model() -> Classifier:
    """A network that has lost two channels inside a block."""
    model = small_model(2)
    state = model.state_dict()
    for name in ("conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"):
        state[f"encoder.layer1.0.{name}"] = state[f"encoder.layer1.0.{name}"][:2]
    state["encoder.layer1.0.conv2.weight"] = state["encoder.layer1.0.conv2.weight"][:, :2]
    take_shapes(model, state).load_state_dict(state)
    return model.eval()


def lively_model() -> Classifier:
    """A network whose blocks all change their input; fresh ones start at zero."""
    model = small_model()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.ones_(layer.weight)
    return model


def quantized(bits: int, mode: str) -> Classifier:
    """A network whose layers round what they read."""
    model = lively_model()
    layers = [name for name, layer in model.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    attach_quantizers(model, ActivationQuantizers(mode, bits, layers))
    for layer in model.modules():
        if isinstance(layer, StaticQuantizer):
            layer.set_range(-2.0, 2.0)
    return model.eval()


def load(exported: Exported):
    """What another program would run: the program and the graph."""
    program = torch.export.load(io.BytesIO(exported.files[PROGRAM])).module()
    session = onnxruntime.InferenceSession(exported.files[ONNX], providers=["CPUExecutionProvider"])
    return program, lambda images: torch.from_numpy(session.run(None, {"images": images.numpy()})[0])


@pytest.fixture(scope="module")
def block() -> Block:
    return block_of(small_model(0), small_model(1))


@pytest.fixture(scope="module")
def exported(block: Block) -> Exported:
    return export_seed(block, 4, SPLIT)


@torch.no_grad()
def test_every_file_gives_the_seeds_own_logits_for_any_number_of_images(block: Block, exported: Exported) -> None:
    program, graph = load(exported)
    for count in (1, 2, 7, 20):
        images = to_float(torch.from_numpy(IMAGES[:count]))
        expected = block.model(1)(images)
        assert (expected - block.model(0)(images)).abs().max() > 1e-2  # another seed is told apart
        for run in (program, graph):
            assert_near(run(images), expected, rtol=0, atol=1e-4)
    state = safetensors.torch.load(exported.files[STATE])
    assert state.keys() == block.states[1].keys()
    assert all(torch.equal(state[name], tensor) for name, tensor in block.states[1].items())
    assert max(exported.differences.values()) <= 1e-4 and exported.unrounded is None


def test_files_name_no_folder_and_are_the_same_every_time(block: Block, exported: Exported) -> None:
    again = export_seed(block, 4, SPLIT)
    assert again.files == exported.files
    folder = str(Path(module.__file__).parents[4]).encode()
    assert not any(folder in content for content in exported.files.values())


def test_the_record_says_what_a_user_needs(block: Block, exported: Exported) -> None:
    record = json.loads(json.dumps(export_record(block, 4, SPLIT, exported, "def")))
    assert record["cell"] == {"regime": "supervised", "method": "fold", "level": "0.50"}
    assert (record["seed"], record["classes"]) == (4, ["a", "b", "c"])
    assert record["input"]["shape"] == ["batch", 1, 8, 8] and record["input"]["range"] == [0, 1]
    assert record["largest_logit_difference"].keys() == {STATE, PROGRAM, ONNX}
    assert {"torch", "onnx", "onnxruntime"} <= record["packages"].keys()


def test_a_network_with_fewer_channels_keeps_its_shapes() -> None:
    block = block_of(narrow_model())
    state = safetensors.torch.load(export_seed(block, 3, SPLIT).files[STATE])
    assert state["encoder.layer1.0.conv1.weight"].shape[0] == 2


@pytest.mark.parametrize(("bits", "mode"), [(6, "static"), pytest.param(3, "dynamic", marks=pytest.mark.long)])
def test_rounded_activations_are_exported_for_any_number_of_bits(bits: int, mode: str) -> None:
    images = to_float(torch.from_numpy(IMAGES))
    model = quantized(bits, mode)
    exported = export(model, images, lambda state: model)
    assert exported.differences[PROGRAM] == 0
    assert exported.unrounded is not None and exported.unrounded <= 1e-4
    with torch.no_grad():
        expected = model(images)
        assert (lively_model()(images) - expected).abs().max() > 1e-3  # rounding is not a small thing
        difference = (load(exported)[1](images) - expected).abs().amax(dim=1)
    assert (difference <= 1e-4).double().mean() > 0.5
    assert exported.same_predictions > 0.9


def test_other_logits_are_refused(block: Block) -> None:
    images = to_float(torch.from_numpy(IMAGES))
    with pytest.raises(ExportError, match=rf"{STATE} gives logits that differ .* by .*allowed: 0.0001; nothing was"):
        export(block.model(0), images, lambda state: block.model(1))


def test_logits_that_are_no_numbers_are_refused() -> None:
    model = small_model()
    nn.init.constant_(model.head.weight, float("nan"))
    with pytest.raises(ExportError, match="differ from the network's own by nan"):
        export(model, to_float(torch.from_numpy(IMAGES)), lambda state: model)


class Unwritable(nn.Module):
    """An operator that ONNX lacks."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return torch.special.bessel_j0(maps.mean(dim=(2, 3)))


def test_an_operator_that_onnx_lacks_is_named() -> None:
    model = Classifier(Unwritable(), nn.Linear(1, 3), 1).eval()
    with pytest.raises(ExportError, match=f"{ONNX} cannot hold this network: .*bessel_j0.*nothing was written"):
        export(model, to_float(torch.from_numpy(IMAGES)), lambda state: model)


class Branching(nn.Module):
    """A forward pass that depends on the values of the images."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return maps.mean(dim=(2, 3)) if maps.sum() > 0 else maps.amax(dim=(2, 3))


def test_a_network_that_cannot_be_traced_is_told() -> None:
    model = Classifier(Branching(), nn.Linear(1, 3), 1).eval()
    with pytest.raises(ExportError, match=f"{PROGRAM} cannot hold this network: .*nothing was written"):
        export(model, to_float(torch.from_numpy(IMAGES)), lambda state: model)
