"""What a file in `data/views` promises: one random change of a whole batch of images."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from pydantic import AfterValidator, Field
from torch import Tensor

from lethe.core.options import Strict


def _ascending(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError(f"the first bound must not be above the second; write [{bounds[1]}, {bounds[0]}]")
    return bounds


Probability = Annotated[float, Field(ge=0, le=1)]
Ascending = AfterValidator(_ascending)


class ViewOptions(Strict):
    """Options of a view; a view's own are added in its file."""


@dataclass(frozen=True)
class ViewSpec:
    """One operation of a view: `SPEC = ViewSpec(...)` in its file, `name` to `asks` as literals.

    Attributes:
        color: whether it needs three channels.
        asks: whether it may change what an image shows, so that a data set has to list it in `DataSpec.views`.
        apply: (images uint8 or float in 0..1, options, generator) -> images of the same shape, uint8 or float in
            0..1; the input is left as it is, and every draw comes from the generator.
    """

    name: str
    summary: str
    source: str
    color: bool
    asks: bool
    Options: type[ViewOptions]
    apply: Callable[[Tensor, Any, torch.Generator], Tensor]
