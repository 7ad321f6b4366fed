"""Leave rounding out, so that a network which rounds its activations becomes a continuous function.

Its logits can then be compared with those of an engine that takes sums in another order; see `networks.export`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


class Unrounded(TorchFunctionMode):
    """Within this context `round` gives a copy of what it is given."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Stand in for rounding, call all other operators."""
        if func in (torch.round, Tensor.round):
            return args[0].clone()
        return func(*args, **(kwargs or {}))
