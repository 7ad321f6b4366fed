"""Arrays as safetensors: written whole or not at all, equal values give equal bytes. Never a pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from lethe.core.errors import SchemaError
from lethe.store.files import atomic
from lethe.store.schema import RECORD_KEY, VERSION


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], record: dict[str, Any]) -> None:
    """Write named arrays with a record of where they come from.

    Args: record: JSON values, as for `write_table`.
    """
    header = {RECORD_KEY: json.dumps({"schema_version": VERSION, **record}, sort_keys=True)}
    with atomic(path) as temporary:
        save_file({name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}, temporary, header)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a file by name.

    Raises: SchemaError: not readable safetensors with this project's header, or of another schema version.
    """
    read_header(path)
    with safe_open(path, framework="np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)


def read_header(path: Path) -> dict[str, Any]:
    """The record of arrays, or of a checkpoint.

    Raises: SchemaError: not readable safetensors with this project's header, or of another schema version.
    """
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise SchemaError(f"{path} is not a readable safetensors file ({error}); delete it and run again") from error
    if RECORD_KEY not in metadata:
        raise SchemaError(f"{path} has no header of this project; delete it and run again")
    record: dict[str, Any] = json.loads(metadata[RECORD_KEY])
    if record.get("schema_version") != VERSION:
        found = record.get("schema_version")
        raise SchemaError(f"{path} has schema version {found}, this code reads {VERSION}; delete it and run again")
    return record
