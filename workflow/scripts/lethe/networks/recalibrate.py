"""Estimate batch-norm statistics anew, without any gradient: after compression, or before any training.

Every batch-norm layer is reset, not only those next to removed weights, because everything downstream has shifted
too; the new statistics are the plain average over batches of equal size.
"""

from math import ceil

import torch
from jaxtyping import UInt8
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lethe.data.augment import to_float

_BATCH = 250


@torch.no_grad()
def recalibrate(model: nn.Module, images: UInt8[Tensor, "examples channels height width"]) -> None:
    """Replace all running means and variances by those of these images, in place; a model without any is left."""
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a cumulative average
        norm.train()
    batches = max(1, ceil(len(images) / _BATCH))
    for batch in torch.split(images, ceil(len(images) / batches)):
        model(to_float(batch))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.eval()
