"""Random views: the operations that a config names, applied to a whole batch at once, on the device of the images.

Every draw comes from the generator that is passed, on the generator's device, so that a replicate sees the same views
wherever it is trained. Pixels stay uint8 as long as they are only moved, a quarter of the memory traffic of floats.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8

from lethe.core import registry
from lethe.core.explain import checked
from lethe.data.pixels import Batch, as_float
from lethe.data.view_spec import ViewOptions, ViewSpec
from lethe.study.view_operations import OperationConfig, split_operation


@dataclass(frozen=True)
class Operation:
    """One operation of a view: the name of its file, and its options."""

    name: str
    options: ViewOptions

    def apply(self, images: Batch, generator: torch.Generator) -> Batch:
        """The batch changed at random, every image in its own way."""
        spec: ViewSpec = registry.load(registry.VIEWS, self.name)
        return spec.apply(images, self.options, generator)


Pipeline = tuple[Operation, ...]


def read_pipeline(operations: Sequence[OperationConfig]) -> Pipeline:
    """The operations that a config names, with all their options.

    Raises: UnknownName: no such view. ConfigError: an option that a view does not know or does not allow.
    """
    return tuple(_read_operation(operation) for operation in operations)


def augment(
    images: UInt8[torch.Tensor, "batch channels height width"], pipeline: Pipeline, generator: torch.Generator
) -> Float[torch.Tensor, "batch channels height width"]:
    """One random view of every image, pixels in 0..1, the operations applied in the order given."""
    moved: torch.Tensor = images
    for operation in pipeline:
        moved = operation.apply(moved, generator)
    return as_float(moved)


def to_float(
    images: UInt8[torch.Tensor, "batch channels height width"],
) -> Float[torch.Tensor, "batch channels height width"]:
    """Pixels in 0..1."""
    return as_float(images)


def _read_operation(operation: OperationConfig) -> Operation:
    """One operation, its options checked against those of its file."""
    name, options = split_operation(operation)
    model: type[ViewOptions] = registry.load(registry.VIEWS, name).Options
    return Operation(name, checked(model, options, where="views", prefix=name))
