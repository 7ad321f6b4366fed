"""Downloads by torchvision: into which folder, one study at a time, and what to do where there is no network."""

from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from textwrap import shorten
from typing import TypeVar

from lethe.core.errors import DataError
from lethe.store.files import is_being_written, writing

Result = TypeVar("Result")

FOLDER = Path("data")  # below the folder in which the workflow runs; used when the config names no dataset.root


def wait_for_others(target: Path) -> None:
    """Return once no other process downloads `target`; half of a file would look corrupt.

    A folder without a lock is left alone: it may be read-only.
    """
    if is_being_written(target):
        with writing(target):
            pass


def download(target: Path, fetch: Callable[[], Result], *, lacking: str) -> Result:
    """What `fetch` returns, run while no other process downloads `target`.

    Args: lacking: which files are missing where, for the message.
    Raises: DataError: no network, no permission to write, or not the published bytes.
    """
    try:
        with writing(target):
            return fetch()
    except (OSError, RuntimeError, EOFError, HTTPException) as error:
        reason = shorten(str(error), 250)
        raise DataError(
            f"{lacking}; and the download failed ({reason}); set dataset.root to a folder that holds the files, "
            "or run once where there is a network"
        ) from error
