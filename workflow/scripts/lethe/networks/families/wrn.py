"""Wide residual networks WRN-d-k for small images: few layers, k times as many channels, batch-norm before convolution.

Three stages of n = (d - 4) / 6 blocks with 16k, 32k and 64k channels after a stem of 16; a block is
x + conv2(dropout(relu(bn2(conv1(relu(bn1(x))))))), and where the shape changes a 1x1 convolution of relu(bn1(x))
takes the place of x. WRN-28-10 is `depth: 28, widen: 10`.

Source: Zagoruyko & Komodakis 2016, arXiv:1605.07146, section 2 and table 1.
"""

from typing import Annotated

from jaxtyping import Float
from pydantic import AfterValidator, Field
from torch import Tensor, nn

from lethe.core.options import Strict
from lethe.networks.spec import Classifier, ModelSpec

STEM_WIDTH = 16


def _whole_blocks(depth: int) -> int:
    if not 10 <= depth <= 1000 or (depth - 4) % 6:
        raise ValueError("allowed: 6n + 4 with n >= 1: 10, 16, 22, 28, 34, 40, ... up to 1000")
    return depth


class Options(Strict):
    """Depth, widening factor and dropout."""

    depth: Annotated[int, AfterValidator(_whole_blocks)] = Field(
        default=16, examples=[10], description="d: layers, 6n + 4"
    )
    widen: int = Field(default=2, ge=1, le=100, examples=[1], description="k: channels as a multiple of 16, 32, 64")
    dropout: float = Field(
        default=0.0, ge=0, lt=1, description="share of values dropped between a block's convolutions"
    )


class WideBlock(nn.Module):
    """Pre-activation block with two 3x3 convolutions."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, dropout: float) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.shortcut = (
            None
            if stride == 1 and channels_in == channels_out
            else nn.Conv2d(channels_in, channels_out, 1, stride=stride, bias=False)
        )

    def forward(
        self, maps: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels_out height_out width_out"]:
        """Feature maps after the block."""
        active = self.bn1(maps).relu()
        shortcut = maps if self.shortcut is None else self.shortcut(active)
        return shortcut + self.conv2(self.dropout(self.bn2(self.conv1(active)).relu()))


def build(options: Options, channels: int, classes: int) -> Classifier:
    """A network with fresh weights."""
    widths = [STEM_WIDTH, *(options.widen * width for width in (16, 32, 64))]
    encoder = nn.Sequential()
    encoder.add_module("stem", nn.Conv2d(channels, STEM_WIDTH, 3, padding=1, bias=False))
    for stage in (1, 2, 3):
        encoder.add_module(f"stage{stage}", _stage(options, widths[stage - 1], widths[stage], stride=min(stage, 2)))
    encoder.add_module("bn", nn.BatchNorm2d(widths[-1]))
    encoder.add_module("act", nn.ReLU(inplace=True))
    encoder.add_module("pool", nn.AdaptiveAvgPool2d(1))
    encoder.add_module("flatten", nn.Flatten())
    for layer in encoder.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return Classifier(encoder, nn.Linear(widths[-1], classes), channels)


def _stage(options: Options, channels_in: int, channels_out: int, *, stride: int) -> nn.Sequential:
    """A run of equally wide blocks, the first of which may shrink the maps."""
    num_blocks = (options.depth - 4) // 6
    first = WideBlock(channels_in, channels_out, stride, options.dropout)
    others = [WideBlock(channels_out, channels_out, 1, options.dropout) for _ in range(num_blocks - 1)]
    return nn.Sequential(first, *others)


def cut_points(model: Classifier) -> tuple[str, ...]:
    """The stem, every block after its sum, and the last activation."""
    blocks = (name for name, layer in model.encoder.named_modules() if isinstance(layer, WideBlock))
    return ("stem", *blocks, "act")


SPEC = ModelSpec(
    name="wrn",
    summary="wide residual network WRN-d-k for small images",
    source="Zagoruyko & Komodakis 2016, arXiv:1605.07146",
    Options=Options,
    build=build,
    cut_points=cut_points,
)
