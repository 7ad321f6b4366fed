"""Wide residual networks against their published sizes, VGG against torchvision's."""

from typing import Any

import pytest
import torch
from torch import nn

from lethe.networks.build import Architecture, build_classifier
from lethe.networks.spec import Classifier
from support.near import assert_near


def built(name: str, channels: int = 3, **options: Any) -> Classifier:
    return build_classifier(Architecture(name, options, channels, 10), init_seed=0)


def num_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def counted_wrn(depth: int, widen: int, channels: int = 3, classes: int = 10) -> int:
    """Parameters, layer by layer: 9 in out a 3x3 convolution, in out a 1x1, 2 in a batch-norm before it."""
    last, total = 16, 9 * channels * 16
    for width in (16 * widen, 32 * widen, 64 * widen):
        for block in range((depth - 4) // 6):
            total += 2 * last + 9 * last * width + 2 * width + 9 * width * width
            if block == 0 and (last != width or width != 16 * widen):
                total += last * width
            last = width
    return total + 2 * last + last * classes + classes


@pytest.mark.parametrize("depth, widen", [(10, 1), (16, 2), (16, 4), (22, 1), (40, 2)])
def test_wrn_parameters(depth: int, widen: int) -> None:
    assert num_parameters(built("wrn", depth=depth, widen=widen)) == counted_wrn(depth, widen)


def test_the_published_sizes_of_wide_networks() -> None:
    """Table 4 of the paper gives 36.5 M for WRN-28-10; it is counted here, not built."""
    assert counted_wrn(28, 10) == 36_479_194
    assert num_parameters(built("wrn", depth=16, widen=2)) == 691_674


def test_wrn_depth_counts_its_convolutions() -> None:
    """d = 6n + 4 counts the stem, 6n convolutions of blocks and the three 1x1 convolutions of the shortcuts."""
    convolutions = [layer for layer in built("wrn", depth=22, widen=2).modules() if isinstance(layer, nn.Conv2d)]
    assert len(convolutions) == 22


def test_wrn_features() -> None:
    model = built("wrn", depth=16, widen=2)
    assert model.features(torch.rand(2, 3, 32, 32)).shape == (2, 128)
    assert model.features(torch.rand(2, 3, 1, 1)).shape == (2, 128)


def test_wrn_block_is_the_equation_of_the_paper() -> None:
    """x + W2 relu(bn(W1 relu(bn(x)))) with an untouched x in a block that keeps the shape."""
    encoder: Any = built("wrn", depth=16, widen=1).eval().encoder
    block = encoder.stage2[1]
    maps = torch.randn(2, 32, 5, 5)
    residual = block.conv2(block.bn2(block.conv1(block.bn1(maps).clamp(min=0))).clamp(min=0))
    assert_near(block(maps), maps + residual)


def test_wrn_dropout_acts_in_training_only() -> None:
    images = torch.rand(2, 3, 8, 8)
    model = built("wrn", depth=10, widen=1, dropout=0.5)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        model.train()
        assert not torch.equal(model(images), model(images))
        model.eval()
        assert torch.equal(model(images), model(images))


def test_vgg16_has_the_known_number_of_parameters() -> None:
    assert num_parameters(built("vgg", depth=16)) == 14_728_266


@pytest.mark.parametrize("depth, column", [(11, "A"), (13, "B"), (16, "D"), (19, "E")])
def test_vgg_equals_torchvision_up_to_the_head(depth: int, column: str) -> None:
    from torchvision.models.vgg import cfgs, make_layers

    layers = [layer if layer == "M" else int(layer) // 16 for layer in cfgs[column]]
    reference = make_layers(layers, batch_norm=True).eval()
    ours: Any = built("vgg", depth=depth, width=1 / 16).eval()
    ours.encoder.features.load_state_dict(reference.state_dict())
    images = torch.rand(2, 3, 32, 32)
    assert_near(ours.features(images), reference(images).mean((2, 3)))


def test_vgg_width_scales_every_stage() -> None:
    convolutions = [layer for layer in built("vgg", depth=11, width=0.25).modules() if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [16, 32, 64, 64, 128, 128, 128, 128]


@pytest.mark.parametrize("size", [1, 8, 28, 33])
def test_vgg_takes_any_image_size(size: int) -> None:
    assert built("vgg", channels=1, depth=11, width=0.05).features(torch.rand(2, 1, size, size)).shape == (2, 26)
