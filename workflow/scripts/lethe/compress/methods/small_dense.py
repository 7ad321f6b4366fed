"""The same architecture with fewer channels, trained from scratch: what is due to capacity, not to compression.

Of every group of n coupled channels int(n (1 - level)) are there from the start, so that the network has as many
parameters as one whose channels are removed or merged at the same level. It starts as the first channels of a fresh
full-width network, with weights scaled to the variance that an initialiser draws at the small width:

    convolution    Var(w) ~ 1 / (output channels per group)    (He et al., fan-out)    factor sqrt(n_out / n_out_small)
    linear layer   Var(w), Var(b) ~ 1 / inputs               (torch's default)       factor sqrt(n_in / n_in_small)

Weights that were merely cut out would be too small for their layer: logits of a smaller variance, and under
batch-norm, where only the direction of a filter counts, a larger effective learning rate.

Source: He et al. 2015, arXiv:1502.01852, section 2.2; as a control of pruning in Liu et al. 2019, arXiv:1810.05270.
Differs: an architecture with another initialiser (timm has some) starts with fan-out's ratio all the same.
"""

from math import sqrt

import torch
from torch import nn

from lethe.compress.channels import kept_channels, require_channels
from lethe.compress.rewire import keep, rewire
from lethe.compress.spec import Inputs, InTrainingOptions, InTrainingSpec
from lethe.networks.spec import Classifier, Masks
from lethe.training.plan import MaskSchedule


class Options(InTrainingOptions):
    """None: it trains as the dense networks do."""


def start(model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator) -> Classifier:
    """A fresh network of the small width.

    Raises: CompressionError: a network without removable channels, or a level that leaves a layer without any.
    """
    groups = inputs.channel_groups(model)
    require_channels(groups, level)
    maps = [keep(torch.arange(kept_channels(group.width, level)), group.width) for group in groups]
    small = rewire(model, groups, maps)
    _rescale(small, model)
    return small


def masks(level: float, options: Options, steps: int) -> MaskSchedule:
    """Nothing is held: the channels are not there."""

    def held(step: int, model: Classifier) -> Masks:
        return {}

    return held


@torch.no_grad()
def _rescale(small: nn.Module, full: nn.Module) -> None:
    """Give initial weights the variance of their layer's new width, in place."""
    layers = dict(full.named_modules())
    for name, layer in small.named_modules():
        wide = layers[name]
        if isinstance(layer, nn.Conv2d) and isinstance(wide, nn.Conv2d):
            layer.weight.mul_(sqrt(_fan_out(wide) / _fan_out(layer)))
        elif isinstance(layer, nn.Linear) and isinstance(wide, nn.Linear):
            for parameter in layer.parameters():
                parameter.mul_(sqrt(wide.in_features / layer.in_features))


def _fan_out(layer: nn.Conv2d) -> int:
    """Output channels per group, so that a depthwise filter keeps its variance; the kernel's size cancels."""
    return layer.out_channels // layer.groups


SPEC = InTrainingSpec(
    name="small_dense",
    summary="fewer channels from the start, trained from scratch: the control for capacity",
    source="Liu et al. 2019, arXiv:1810.05270; He et al. 2015, arXiv:1502.01852",
    level_kind="channel_sparsity",
    pairing="in_training",
    role="capacity control",
    control="",
    acts_on="channels",
    Options=Options,
    start=start,
    masks=masks,
    channels=True,
)
