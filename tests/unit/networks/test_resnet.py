"""Sizes of the residual networks, and the plain-torch twin against timm's network."""

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lethe.networks.build import Architecture, build_classifier, empty_classifier
from lethe.networks.spec import Classifier
from support.near import assert_near
from support.small import states_equal

SHAPES: list[dict[str, Any]] = [
    {"blocks": [1], "width": 2},
    {"blocks": [1, 1, 1], "width": 8},
    {"blocks": [1, 2], "width": 4, "stem_stride": 2},
    {"blocks": [2, 1, 1, 3], "width": 6},
]


def parameters(**options: Any) -> int:
    model = build_classifier(Architecture("resnet", options, 3, 10), init_seed=0)
    return sum(parameter.numel() for parameter in model.parameters())


def counted(blocks: list[int], width: int, channels: int, classes: int) -> int:
    """Parameters, layer by layer: 9 in out a 3x3 convolution, in out a 1x1, 2 out a batch-norm."""
    total, last = 9 * channels * width + 2 * width, width
    for stage, num_blocks in enumerate(blocks):
        out = width * 2**stage
        for block in range(num_blocks):
            total += 9 * last * out + 2 * out + 9 * out * out + 2 * out
            if block == 0 and stage > 0:
                total += last * out + 2 * out
            last = out
    return total + last * classes + classes


def test_resnet18_has_the_published_number_of_parameters() -> None:
    assert parameters() == 11_173_962


@pytest.mark.parametrize("blocks, width", [([3, 3, 3], 16), ([2, 2, 2], 8), ([1], 2), ([1, 2, 1, 1], 4)])
def test_parameters_of_other_depths_and_widths(blocks: list[int], width: int) -> None:
    assert parameters(blocks=blocks, width=width) == counted(blocks, width, 3, 10)


@pytest.mark.parametrize(
    "options, channels, size, features",
    [
        ({"blocks": [1, 1, 1], "width": 8}, 1, 8, 32),
        ({"blocks": [2, 2, 2, 2], "width": 2}, 1, 8, 16),
        ({"blocks": [1, 1, 1, 1], "width": 16, "stem_stride": 2}, 1, 28, 128),
        ({"blocks": [1, 1, 1, 1], "width": 2}, 3, 1, 16),
    ],
)
def test_small_images_pass_all_stages(options: dict[str, Any], channels: int, size: int, features: int) -> None:
    model = build_classifier(Architecture("resnet", options, channels, 10), init_seed=0)
    assert model.features(torch.rand(2, channels, size, size)).shape == (2, features)


def test_stem_stride_halves_the_maps() -> None:
    sizes = {}
    for stride in (1, 2):
        options = {"blocks": [1], "width": 2, "stem_stride": stride}
        encoder: Any = build_classifier(Architecture("resnet", options, 1, 2), init_seed=0).encoder
        sizes[stride] = encoder.conv1(torch.rand(1, 1, 28, 28)).shape[-1]
    assert sizes == {1: 28, 2: 14}


def test_weights_are_drawn_like_those_of_he_et_al() -> None:
    """Every convolution's standard deviation is sqrt(2 / fan_out); 6 standard errors of a sample are allowed."""
    model = build_classifier(Architecture("resnet", {"blocks": [2, 2], "width": 32}, 3, 10), init_seed=5)
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            expected = (2 / (layer.out_channels * layer.kernel_size[0] ** 2)) ** 0.5
            assert_near(layer.weight.std(), expected, rtol=6 / (2 * layer.weight.numel()) ** 0.5)


@pytest.mark.parametrize("options", SHAPES)
def test_the_twin_trains_like_timm_bit_for_bit(options: dict[str, Any]) -> None:
    architecture = Architecture("resnet", options, 3, 4)
    original, twin = build_classifier(architecture, init_seed=1), empty_classifier(architecture)
    twin.load_state_dict(original.state_dict())
    images, labels = torch.rand(8, 3, 9, 9, generator=torch.Generator().manual_seed(0)), torch.arange(8) % 4
    for model in (original, twin):
        train(model, images, labels)
    assert list(original.state_dict()) == list(twin.state_dict())
    assert states_equal(original.state_dict(), twin.state_dict())
    assert torch.equal(original.eval()(images), twin.eval()(images))


def train(model: Classifier, images: torch.Tensor, labels: torch.Tensor) -> None:
    optimizer = torch.optim.SGD(model.train().parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    for _ in range(4):
        optimizer.zero_grad()
        cross_entropy(model(images), labels).backward()
        optimizer.step()


@pytest.mark.slow
def test_the_twin_keeps_timm_out() -> None:
    code = (
        "import sys; from lethe.networks.build import Architecture, empty_classifier; "
        "empty_classifier(Architecture('resnet', {'width': 2}, 3, 10)); "
        "sys.exit(bool({'timm', 'torchvision'} & sys.modules.keys()))"
    )
    path = [entry for entry in sys.path if entry.endswith("workflow/scripts")]
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path[0]}, check=False).returncode == 0
