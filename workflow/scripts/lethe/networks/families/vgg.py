"""VGG with batch-norm for small images: stacks of 3x3 convolutions with max-pooling between, no hidden linear layers.

Five stages of 64, 128, 256, 512, 512 channels times `width`; `depth` counts as in the paper, whose three linear
layers are here a mean over the last map and one linear head.

Source: Simonyan & Zisserman 2015, arXiv:1409.1556, table 1, columns A, B, D, E, with batch-norm after each
convolution. Differs: pooling rounds a map's size up, so that 28x28 images pass all five stages and a map of one
pixel stays one pixel; on sizes that halve evenly it is the same.
"""

from typing import Literal

from pydantic import Field, PositiveFloat
from torch import nn

from lethe.core.options import Strict
from lethe.networks.spec import Classifier, ModelSpec

WIDTHS = (64, 128, 256, 512, 512)
CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class Options(Strict):
    """Depth and width."""

    depth: Literal[11, 13, 16, 19] = Field(
        default=16, examples=[11], description="layers with weights, as the paper counts them"
    )
    width: PositiveFloat = Field(
        default=1.0, le=8, examples=[0.125], description="factor on every stage's channels, rounded"
    )


def build(options: Options, channels: int, classes: int) -> Classifier:
    """A network with fresh weights."""
    layers: list[nn.Module] = []
    last = channels
    for convolutions, width in zip(CONVOLUTIONS[options.depth], WIDTHS, strict=True):
        out = max(1, round(options.width * width))
        for _ in range(convolutions):
            layers += [_convolution(last, out), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
            last = out
        layers.append(nn.MaxPool2d(2, ceil_mode=True))
    encoder = nn.Sequential()
    encoder.add_module("features", nn.Sequential(*layers))
    encoder.add_module("pool", nn.AdaptiveAvgPool2d(1))
    encoder.add_module("flatten", nn.Flatten())
    return Classifier(encoder, nn.Linear(last, classes), channels)


def _convolution(channels_in: int, channels_out: int) -> nn.Conv2d:
    """A 3 x 3 convolution with the initial weights of He et al., fan-out, and biases of 0."""
    layer = nn.Conv2d(channels_in, channels_out, 3, padding=1)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


def cut_points(model: Classifier) -> tuple[str, ...]:
    """Every convolution, after its activation."""
    return tuple(name for name, layer in model.encoder.named_modules() if isinstance(layer, nn.ReLU))


SPEC = ModelSpec(
    name="vgg",
    summary="VGG with batch-norm for small images, depths 11 to 19",
    source="Simonyan & Zisserman 2015, arXiv:1409.1556",
    Options=Options,
    build=build,
    cut_points=cut_points,
)
