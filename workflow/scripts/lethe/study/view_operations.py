"""The operations of a view as a config writes them: a name, `crop`, or one name with options, `{crop: {padding: 0.1}}`.

What an operation may do to which images is read from the literals of its file, so nothing here imports torch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lethe.core import registry
from lethe.core.allowed import shown
from lethe.core.errors import ConfigError

OperationConfig = str | Mapping[str, Mapping[str, Any] | None]
# The same, as it is when it comes from a file.
ViewOperation = str | dict[str, dict[str, Any]]

# Views that regimes choose where a config names none; see `data.default_views`.
DEFAULT_NAMES = (
    "affine",
    "color_jitter",
    "crop",
    "cutout",
    "flip",
    "gamma_contrast",
    "greyscale",
    "noise",
    "rand_augment",
    "resized_crop",
)


def split_operation(operation: object) -> tuple[str, dict[str, Any]]:
    """Name and options of one operation.

    Raises: ConfigError: neither a name nor a mapping of one name to options.
    """
    if isinstance(operation, str):
        return operation, {}
    if isinstance(operation, Mapping) and len(operation) == 1:
        ((name, options),) = operation.items()
        if isinstance(name, str) and (options is None or isinstance(options, Mapping)):
            return name, dict(options or {})
    allowed = "a name, crop, or one name with options, {crop: {padding: 0.1}}"
    raise ConfigError(f"{shown(operation)} is not a view; write {allowed}")


def view_names(operations: Sequence[OperationConfig]) -> tuple[str, ...]:
    """Names of the plug-ins that make these operations, sorted, each once.

    Raises: ConfigError: an operation that is none.
    """
    return tuple(sorted({split_operation(operation)[0] for operation in operations}))


def forbidden_views(
    operations: Sequence[OperationConfig], *, channels: int, allowed: Sequence[str], dataset_name: str
) -> list[str]:
    """One message for every operation that these images cannot have: a colour operation on grey ones, a flip of digits.

    Args:
        channels: 3 for colour.
        allowed: views that keep the data set's labels true, out of those that ask.
    Raises: UnknownName: no such view. ConfigError: an operation that is none.
    """
    messages = []
    for name in (split_operation(operation)[0] for operation in operations):
        if registry.literal(registry.VIEWS, name, "color") and channels != 3:
            messages.append(f"{name}: needs colour, the images of {dataset_name} are grey; remove it")
        if registry.literal(registry.VIEWS, name, "asks") and name not in allowed:
            named = ", ".join(allowed) or "none"
            messages.append(f"'{name}' does not preserve the labels of {dataset_name}; allowed: {named}; remove it")
    return messages
