"""Files that prove what is in them: the SHA-256 of all of a file's bytes stands in the file itself.

It is taken with zeros in its own place, which is found by a mark and without reading the format, so that a damaged file
is refused before any library opens it: pyarrow crashes on some. It tells of damage, of any kind and anywhere; whoever
writes a file anew can seal it anew.
"""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple

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
_PIECE = 2**20  # bytes that are read at once
_EARLIER = re.compile(rb'\\?"schema_version\\?": (\d+)')


class Sealed(NamedTuple):
    """A file that is what was written: its digest (64 hexadecimal digits), and its record as JSON."""

    sha256: str
    record: str


# What this process has verified, by what the system says of a file, so that each is read once.
_verified: dict[tuple[int, ...], Sealed] = {}


def seal(path: Path) -> None:
    """Write a file's digest into it, in place of the zeros that its record has there."""
    with path.open("r+b") as file:
        place = _place(file)
        assert place is not None and _part(file, place, place + DIGITS) == UNSEALED.encode(), "its record has no seal"
        digest = _digest(file, place)
        file.seek(place)
        file.write(digest.encode())


def read_sealed(path: Path) -> Sealed:
    """What a file says of itself, once it is known to be what was written.

    The file is read and not mapped: a disk that cannot give a block of it is then an error, where a map ends the
    process.

    Raises: DamagedFile: it is not. UnsealedFile: it has no checksum. OSError: it cannot be read.
    """
    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        known_by = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if known_by in _verified:
            return _verified[known_by]
        if not stat.st_size:
            raise DamagedFile(f"{path} is empty; delete it and run again")
        place = _place(file)
        if place is None:
            raise _unsealed(path, file)
        found = _digest(file, place)
        if found.encode() != _part(file, place, place + DIGITS):
            raise DamagedFile(f"{path} is damaged: its content is not what was written; delete it and run again")
        _verified[known_by] = Sealed(found, _record(file, place))
    return _verified[known_by]


def file_digest(path: Path, *, skipped: int = 0) -> str:
    """The SHA-256 of a file that has no seal, read in pieces; `skipped` bytes at its start left out."""
    with path.open("rb") as file:
        file.seek(max(skipped, 0))
        return hashlib.file_digest(file, "sha256").hexdigest()


def _place(file: BinaryIO) -> int | None:
    """Where the digest stands; None where a file has none. It is near one of the ends, so little is read for it."""
    if _part(file, _LENGTH, _LENGTH + len(_START_OF_ARRAYS)) == _START_OF_ARRAYS:
        return _LENGTH + len(_START_OF_ARRAYS)
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        begin = max(0, end - _PIECE)
        start = _part(file, begin, end + len(_MARK) - 1).rfind(_MARK)
        if start >= 0:
            return begin + start + len(_MARK)
        end = begin
    return None


def _digest(file: BinaryIO, place: int) -> str:
    """The digest of a file with zeros in its own place."""
    digest = hashlib.sha256()
    file.seek(0)
    at = 0
    while piece := file.read(_PIECE if at >= place else min(_PIECE, place - at)):
        digest.update(piece)
        at += len(piece)
        if at == place:
            digest.update(UNSEALED.encode())
            at = file.seek(place + DIGITS)
    return digest.hexdigest()


def _part(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)


def _record(file: BinaryIO, place: int) -> str:
    """The record whose first key is the seal; a JSON file is one record."""
    if _part(file, 0, 1) == b"{":
        file.seek(0)
        return file.read().decode()
    if place == _LENGTH + len(_START_OF_ARRAYS) and _part(file, _LENGTH, place) == _START_OF_ARRAYS:
        length = int.from_bytes(_part(file, 0, _LENGTH), "little")
        return str(json.loads(_part(file, _LENGTH, _LENGTH + length))["__metadata__"][RECORD_KEY])
    file.seek(place - len(_MARK) - 1)
    text = file.read().decode(errors="replace")  # what follows the record is no text
    return text[: json.JSONDecoder().raw_decode(text)[1]]


def _unsealed(path: Path, file: BinaryIO) -> UnsealedFile:
    """The error for a file without a digest, which says what it is as far as its bytes do."""
    end = file.seek(0, os.SEEK_END)
    earlier = _EARLIER.search(_part(file, 0, _PIECE)) or _EARLIER.search(_part(file, max(0, end - _PIECE), end))
    if earlier is None:
        what = "is damaged, or no file of this project: it has no checksum of its content"
        return UnsealedFile(f"{path} {what}; delete it and run again")
    version = int(earlier[1])
    what = f"has schema version {version} and no checksum of its content"
    return UnsealedFile(f"{path} {what}; delete it and run again", version)
