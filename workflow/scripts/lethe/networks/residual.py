"""timm's `ResNet` of basic blocks in plain torch: the same layers under the same names, so the same state dict.

Fresh networks come from timm. This double only receives their weights: a job that reads a checkpoint would otherwise
spend as long on importing timm as on importing torch. A test holds the two equal, bit for bit.
"""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions added to a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.act1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.act2 = nn.ReLU(inplace=True)
        self.downsample = _projection(channels_in, channels_out, stride)

    def forward(
        self, maps: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels_out height_out width_out"]:
        """Feature maps after the block."""
        shortcut = maps if self.downsample is None else self.downsample(maps)
        residual = self.bn2(self.conv2(self.act1(self.bn1(self.conv1(maps)))))
        return self.act2(residual + shortcut)


class ResidualEncoder(nn.Module):
    """Stem, stages, mean over the last map."""

    def __init__(self, channels: int, blocks: Sequence[int], widths: Sequence[int], stem_stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, widths[0], 3, stride=stem_stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.act1 = nn.ReLU(inplace=True)
        for stage, (num_blocks, width) in enumerate(zip(blocks, widths, strict=True)):
            channels_in, stride = (widths[stage - 1], 2) if stage else (widths[0], 1)
            first = ResidualBlock(channels_in, width, stride)
            others = [ResidualBlock(width, width, 1) for _ in range(num_blocks - 1)]
            self.add_module(f"layer{stage + 1}", nn.Sequential(first, *others))
        self.global_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, images: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch features"]:
        """Features of normalised images."""
        maps = images
        for layer in self.children():
            maps = layer(maps)
        return maps


def _projection(channels_in: int, channels_out: int, stride: int) -> nn.Sequential | None:
    """The shortcut of a block that changes the shape of its maps; None where it does not."""
    if stride == 1 and channels_in == channels_out:
        return None
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 1, stride=stride, bias=False), nn.BatchNorm2d(channels_out)
    )
