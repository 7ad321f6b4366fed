"""Reader of IDX, the format in which MNIST and its successors are published, raw or gzipped.

Two zero bytes, a type byte (8 = unsigned byte), the number of dimensions, every dimension as a big-endian 32-bit
integer, then exactly as many values as the dimensions say.
"""

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from lethe.core.errors import DataError

WAY_OUT = "delete or reinstall it, or set dataset.root to a folder that holds an intact copy"
_UNSIGNED_BYTE = 8
_MOST_BYTES = 2**29  # ten times the largest published file; a small file can unpack to a thousand times its size


def read_idx(path: Path, dimensions: int, *, sha256: str | None = None) -> UInt8[np.ndarray, "..."]:
    """The array in an IDX file of unsigned bytes.

    Args:
        path: the file; one that ends in .gz is decompressed.
        dimensions: 3 for images, 1 for labels.
        sha256: of the decompressed content, None where no such checksum is published.
    Raises: DataError: unreadable, not the expected content, or not such an array to the byte.
    """
    content = _content(path)
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{path}: content differs from the published data set (sha256 {sha256[:12]}...); {WAY_OUT}")
    return _parse(content, path, dimensions)


def check_md5(path: Path, md5: str) -> None:
    """Refuse a file whose bytes are not the published ones.

    Raises: DataError: another checksum, or unreadable.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); {WAY_OUT}") from error
    if found != md5:
        raise DataError(f"{path}: has md5 {found}, the published file has {md5}; {WAY_OUT}")


def _content(path: Path) -> bytes:
    """A file's bytes, decompressed where its name ends in .gz."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is truncated or corrupt ({error}); {WAY_OUT}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); {WAY_OUT}") from error
    if len(content) > _MOST_BYTES:
        raise DataError(f"{path} holds more than the {_MOST_BYTES:,} bytes that are allowed; {WAY_OUT}")
    return content


def _parse(content: bytes, path: Path, dimensions: int) -> np.ndarray:
    """The array that the bytes of an IDX file hold."""
    header = 4 + 4 * dimensions
    if content[:4] != bytes([0, 0, _UNSIGNED_BYTE, dimensions]) or len(content) < header:
        given = content[:4].hex() or "nothing"
        raise DataError(f"{path}: starts with {given}, expected IDX 00000{_UNSIGNED_BYTE}0{dimensions}; {WAY_OUT}")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    # math.prod, because four large dimensions of a corrupt header overflow an int64.
    if len(content) - header != math.prod(shape):
        values = len(content) - header
        raise DataError(f"{path}: {values} values where its header {shape} asks for {math.prod(shape)}; {WAY_OUT}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
