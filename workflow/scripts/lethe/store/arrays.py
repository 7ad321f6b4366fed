"""Arrays as safetensors: written whole or not at all, equal values give equal bytes. Never a pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from lethe.core.errors import SchemaError
from lethe.store.files import atomic
from lethe.store.records import open_sealed, read_text, record_text
from lethe.store.seal import RECORD_KEY, seal


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], record: dict[str, Any]) -> None:
    """Write named arrays with a record of where they come from.

    Args: record: JSON values, as for `write_table`.
    """
    header = {RECORD_KEY: record_text(record, path)}
    with atomic(path) as temporary:
        save_file({name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}, temporary, header)
        seal(temporary)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a file by name.

    Raises: SchemaError: as `read_header`.
    """
    read_header(path)
    with safe_open(path, framework="np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)


def read_header(path: Path, *, is_input: bool = True) -> dict[str, Any]:
    """The record of arrays, or of a checkpoint.

    Args: is_input: as for `open_sealed`.
    Raises: SchemaError: damaged, not safetensors with this project's header, or of another schema version.
    """
    open_sealed(path, is_input=is_input)
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise SchemaError(f"{path} is not a readable safetensors file ({error}); delete it and run again") from error
    if RECORD_KEY not in metadata:
        raise SchemaError(f"{path} has no header of this project; delete it and run again")
    return read_text(metadata[RECORD_KEY], path)
