"""Files that prove what is in them: the SHA-256 of all of a file's bytes stands in the file itself.

It is taken with zeros in its own place, which is found by a mark and without reading the format, so that a damaged file
is refused before any library opens it: pyarrow crashes on some. It tells of damage, of any kind and anywhere; whoever
writes a file anew can seal it anew.
"""

import hashlib
import json
import mmap
import os
import re
from pathlib import Path
from typing import NamedTuple

from lethe.core.errors import DamagedFile, UnsealedFile

DECIDES_NO_RESULT = "whether a file is what was written"

# The first key of every record, see `store.records`.
KEY = "sha256_of_file"
DIGITS = 64
UNSEALED = "0" * DIGITS
RECORD_KEY = "lethe"  # under which a file's header holds its record
_MARK = f'"{KEY}": "'.encode()
# Safetensors has the record as a text in JSON, behind the length of its header; in tables and in JSON the last mark is
# the seal, because a text that holds the mark has its quotation marks escaped.
_LENGTH = 8
_START_OF_ARRAYS = f'{{"__metadata__":{{"{RECORD_KEY}":"{{'.encode() + _MARK.replace(b'"', b'\\"')
_EARLIER = re.compile(rb'\\?"schema_version\\?": (\d+)')


class Sealed(NamedTuple):
    """A file that is what was written: its digest (64 hexadecimal digits), and its record as JSON."""

    sha256: str
    record: str


# What this process has verified, by what the system says of a file, so that each is read once.
_verified: dict[tuple[int, ...], Sealed] = {}


def seal(path: Path) -> None:
    """Write a file's digest into it, in place of the zeros that its record has there."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        place = _place(content)
        assert place is not None and content[place : place + DIGITS] == UNSEALED.encode(), "its record has no seal"
        content[place : place + DIGITS] = _digest(content, place).encode()
        content.flush()


def read_sealed(path: Path) -> Sealed:
    """What a file says of itself, once it is known to be what was written.

    Raises: DamagedFile: it is not. UnsealedFile: it has no checksum. OSError: it cannot be read.
    """
    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        known_by = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if known_by in _verified:
            return _verified[known_by]
        if not stat.st_size:
            raise DamagedFile(f"{path} is empty; delete it and run again")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            place = _place(content)
            if place is None:
                raise _unsealed(path, content)
            found = _digest(content, place)
            if found.encode() != content[place : place + DIGITS]:
                raise DamagedFile(f"{path} is damaged: its content is not what was written; delete it and run again")
            _verified[known_by] = Sealed(found, _record(content, place))
    return _verified[known_by]


def file_digest(path: Path, *, skipped: int = 0) -> str:
    """The SHA-256 of a file that has no seal, read in pieces; `skipped` bytes at its start left out."""
    with path.open("rb") as file:
        file.seek(max(skipped, 0))
        return hashlib.file_digest(file, "sha256").hexdigest()


def _place(content: mmap.mmap) -> int | None:
    """Where the digest stands; None where a file has none."""
    if content[_LENGTH : _LENGTH + len(_START_OF_ARRAYS)] == _START_OF_ARRAYS:
        return _LENGTH + len(_START_OF_ARRAYS)
    start = content.rfind(_MARK)
    return start + len(_MARK) if start >= 0 else None


def _digest(content: mmap.mmap, place: int) -> str:
    """SHA-256 of the content with zeros where the digest stands."""
    digest = hashlib.sha256()
    with memoryview(content) as whole:
        digest.update(whole[:place])
        digest.update(UNSEALED.encode())
        digest.update(whole[place + DIGITS :])
    return digest.hexdigest()


def _record(content: mmap.mmap, place: int) -> str:
    """The record whose first key is the seal; a JSON file is one record."""
    if content[:1] == b"{":
        return content[:].decode()
    if place == _LENGTH + len(_START_OF_ARRAYS) and content[_LENGTH:place] == _START_OF_ARRAYS:
        length = int.from_bytes(content[:_LENGTH], "little")
        return str(json.loads(content[_LENGTH : _LENGTH + length])["__metadata__"][RECORD_KEY])
    text = content[place - len(_MARK) - 1 :].decode(errors="replace")  # what follows the record is no text
    return text[: json.JSONDecoder().raw_decode(text)[1]]


def _unsealed(path: Path, content: mmap.mmap) -> UnsealedFile:
    """The error for a file without a digest, which says what it is as far as its bytes do."""
    earlier = _EARLIER.search(content)
    if earlier is None:
        what = "is damaged, or no file of this project: it has no checksum of its content"
        return UnsealedFile(f"{path} {what}; delete it and run again")
    version = int(earlier[1])
    what = f"has schema version {version} and no checksum of its content"
    return UnsealedFile(f"{path} {what}; delete it and run again", version)
