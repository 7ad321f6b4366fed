"""Images as npy, mapped into memory: verified by the checksum in the record of the table that describes them."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lethe.core.errors import DataError
from lethe.store import job
from lethe.store.seal import file_digest

_WAY_OUT = "delete it and run again"


def open_images(path: Path, record: Mapping[str, Any]) -> np.ndarray:
    """The images of a file as an array (images, channels, height, width), mapped; all of it is read once, in pieces.

    Args: record: of the table of their examples.
    Raises: DataError: the file is missing, or not what was written with that table.
    """
    try:
        # The first version of the schema had the checksum of the pixels, without the header of their file.
        skipped = path.stat().st_size - math.prod(record["shape"]) if record["schema_version"] == 1 else 0
        found = file_digest(path, skipped=skipped)
        if found != record["sha256"]:
            raise DataError(f"{path} is damaged: its content is not what was written; {_WAY_OUT}")
        job.note_read(path, found)
        # Copy on write: torch warns about arrays that cannot be written; the file itself never changes.
        return np.lib.format.open_memmap(path, mode="c")
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}); {_WAY_OUT}") from error
    except ValueError as error:
        raise DataError(f"{path} cannot be mapped ({error}); {_WAY_OUT}") from error
