"""Versions of the code, remembered from one reading of the rules to the next: to parse all modules takes most of it.

What is remembered counts for exactly these files. It lies under two names, a digest of the path and the bytes of each
file, and one of what the system says of each instead, which every job can afford to compute.
"""

import atexit
import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from lethe.core import code_version as code
from lethe.store.notes import read_note, write_note
from lethe.study.paths import CHECKED

DECIDES_NO_RESULT = "remembers what decides"


@cache
def code_version(*files: str) -> str:
    """As `lethe.core.code_version.code_version`, in the working folder of a study."""
    known = _known()
    key = json.dumps(files)
    if key not in known:
        known[key] = code.code_version(*files)
    return known[key]


def forget() -> None:
    """Look at the files again the next time: they may have been edited meanwhile."""
    code_version.cache_clear()
    _known.cache_clear()
    code.forget()


@cache
def _known() -> dict[str, str]:
    """What is remembered of the files as they are now; what is found beside it is written when the process ends."""
    stamped = _named(_stamp(code.SCRIPTS))
    known = read_note(stamped)
    if known is None:
        alike = _named(_digest(code.SCRIPTS))
        known = read_note(alike) or {}
        atexit.register(_remember, (stamped, alike), known)
    else:
        atexit.register(_remember, (stamped,), known, len(known))
    return known


def _named(digest: str) -> Path:
    return (Path(CHECKED) / f"code.{digest}.json").resolve()


def _remember(files: Sequence[Path], known: dict[str, str], before: int = 0) -> None:
    """Write down what was found; a folder that cannot be written has it found again every time."""
    if len(known) > before:
        for file in files:
            with suppress(OSError):
                write_note(file, known)


def _stamp(folder: Path) -> str:
    """A digest of what the system says of all files below a folder: size, times and number."""
    digest = hashlib.sha256()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            stat = os.stat(os.path.join(place, name))  # noqa: PTH116, PTH118 (in every job, over hundreds of files)
            digest.update(
                f"{place}/{name}\0{stat.st_size},{stat.st_mtime_ns},{stat.st_ctime_ns},{stat.st_ino}\n".encode()
            )
    return digest.hexdigest()[:16]


def _digest(folder: Path) -> str:
    """A digest of all files below a folder, those that Python makes of them left out."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(folder)}\0{content}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]
