"""One pass through a network for several groups of rows, so that batch-norm sees them together."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

Rows = Float[Tensor, "_ *shape"]


def together(network: Callable[[Tensor], Tensor], *groups: Rows) -> tuple[Float[Tensor, "_ outputs"], ...]:
    """What a network gives for each group, in float32."""
    outputs = network(torch.cat(groups)).float()
    return torch.split(outputs, [len(group) for group in groups])
