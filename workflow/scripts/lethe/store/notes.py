"""Notes: small JSON files of what can be found out again, so that a damaged one counts for none.

A note carries the SHA-256 of its own bytes, its own name and that of its folder. One that is not what was written, lies
in another's place or is of an earlier form is as good as missing: nobody stops for it, and nobody believes it.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lethe.store.files import write_text
from lethe.store.seal import DIGITS, KEY, UNSEALED

DECIDES_NO_RESULT = "what can be found out again"

_START = f'{{"{KEY}": "'
_PLACE = "place"


def write_note(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON values atomically; nothing where another process writes this note at this moment.

    Two commands in one folder may find out the same at once, and neither need wait: a note can be found out again.
    """
    try:
        write_text(path, note_text(path, content))
    except (FileExistsError, FileNotFoundError):  # the temporary file has become the other's
        if not path.parent.is_dir():
            raise


def note_text(path: Path, content: Mapping[str, Any]) -> str:
    """The text of a note in this place."""
    text = json.dumps({KEY: UNSEALED, _PLACE: _place(path), **content}) + "\n"
    return _sealed(text, _digest(text))


def read_note(path: Path) -> dict[str, Any] | None:
    """What `write_note` wrote; None where there is no such note, or not as it was written."""
    try:
        text = path.read_bytes().decode()
        if not text.startswith(_START) or _digest(text) != text[len(_START) :][:DIGITS]:
            return None
        note: dict[str, Any] = json.loads(text)
    except (OSError, ValueError):
        return None
    del note[KEY]
    return note if note.pop(_PLACE, None) == _place(path) else None


def _digest(text: str) -> str:
    return hashlib.sha256(_sealed(text, UNSEALED).encode()).hexdigest()


def _place(path: Path) -> str:
    """What a copy of a study leaves as it is."""
    return f"{path.absolute().parent.name}/{path.name}"


def _sealed(text: str, digest: str) -> str:
    return _START + digest + text[len(_START) + DIGITS :]
