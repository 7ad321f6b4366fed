"""Residual networks for small images: a 3x3 stem without max-pooling, then stages that double width and halve size.

Stage i has `blocks[i]` basic blocks (two 3x3 convolutions around a shortcut) of `width` 2^i channels; every stage but
the first starts with stride 2. The last batch-norm of each block starts at zero, as in timm.
ResNet-18 is `blocks: [2, 2, 2, 2], width: 64`, ResNet-34 `[3, 4, 6, 3]`; the CIFAR ResNet-20 of He et al. is
`blocks: [3, 3, 3], width: 16` (with 1x1 convolutions in the shortcuts that change width), ResNet-56 `[9, 9, 9]`.

Source: He et al. 2016, arXiv:1512.03385, sections 3.3 and 4.2; layers and initial weights are timm's.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import Field
from torch import nn

from lethe.core.options import Strict, Width
from lethe.networks.residual import ResidualEncoder
from lethe.networks.spec import Classifier, ModelSpec

_BLOCK = re.compile(r"layer\d+\.\d+")


class Options(Strict):
    """Depth, width and how early the image is shrunk."""

    blocks: tuple[Annotated[int, Field(ge=1, le=100)], ...] = Field(
        default=(2, 2, 2, 2),
        min_length=1,
        max_length=4,
        examples=[(1, 1, 1)],
        description="basic blocks of each stage, 1 to 4 stages",
    )
    width: Width = Field(
        default=64, multiple_of=2, examples=[8], description="channels of the first stage, an even number"
    )
    stem_stride: Literal[1, 2] = Field(
        default=1, description="stride of the first convolution; 2 leaves a quarter of the work"
    )


def build(options: Options, channels: int, classes: int) -> Classifier:
    """A network with timm's layers and initial weights."""
    from timm.models.resnet import BasicBlock, ResNet

    stages = len(options.blocks)
    # timm counts on four stages when it builds and runs a network; those not asked for are emptied afterwards.
    # Its plain stem has 64 channels whatever the width, its deep one twice `stem_width`.
    encoder: Any = ResNet(
        BasicBlock,  # type: ignore[arg-type]  # timm's annotation names an instance, its code takes the class
        (*options.blocks, *(1,) * (4 - stages)),
        num_classes=0,
        in_chans=channels,
        stem_type="deep",
        stem_width=options.width // 2,
        channels=_widths(options, 4),
    )
    for missing in range(stages, 4):
        setattr(encoder, f"layer{missing + 1}", nn.Sequential())
    encoder.conv1 = nn.Conv2d(channels, options.width, 3, stride=options.stem_stride, padding=1, bias=False)
    nn.init.kaiming_normal_(encoder.conv1.weight, mode="fan_out", nonlinearity="relu")
    encoder.maxpool = nn.Identity()
    encoder.num_features = encoder.head_hidden_size = _widths(options, stages)[-1]
    return Classifier(encoder, nn.Linear(encoder.num_features, classes), channels)


def rebuild(options: Options, channels: int, classes: int) -> Classifier:
    """The same network out of plain torch, for the weights of a checkpoint: importing timm takes as long as torch."""
    widths = _widths(options, len(options.blocks))
    encoder = ResidualEncoder(channels, options.blocks, widths, options.stem_stride)
    return Classifier(encoder, nn.Linear(widths[-1], classes), channels)


def _widths(options: Options, stages: int) -> tuple[int, ...]:
    return tuple(options.width * 2**stage for stage in range(stages))


def cut_points(model: Classifier) -> tuple[str, ...]:
    """The stem, then every block, after their activations."""
    return ("act1", *(name for name, _ in model.encoder.named_modules() if _BLOCK.fullmatch(name)))


SPEC = ModelSpec(
    name="resnet",
    summary="residual network for small images, any depth and width",
    source="He et al. 2016, arXiv:1512.03385",
    Options=Options,
    build=build,
    cut_points=cut_points,
    rebuild=rebuild,
)
