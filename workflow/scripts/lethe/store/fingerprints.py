"""Whether files are still those that were read: one digest of their content, hashed again only where one was touched.

An index remembers size, times and SHA-256 of every file, as git's does. A file whose size and times are those of the
index has its content; others are hashed. A file that was written in the very moment in which it was hashed may change
again without another time, so that it is not trusted and hashed once more.
"""

import hashlib
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lethe.core.errors import SchemaError
from lethe.store.files import atomic
from lethe.store.seal import KEY, RECORD_KEY, UNSEALED, read_sealed, seal

DECIDES_NO_RESULT = "whether files changed, not what is made of them"

_FRESH_NANOSECONDS = 2_000_000_000
_UNTRUSTED = -1
_AT_ONCE = 10_000
_SCHEMA = pa.schema(
    [
        ("name", pa.binary()),
        ("size", pa.int64()),
        ("modified", pa.int64()),
        ("changed", pa.int64()),
        ("sha256", pa.binary()),
    ]
)


@dataclass(frozen=True)
class Fingerprints:
    """Some files, sorted: their names, size and times in nanoseconds, and content.

    Attributes:
        stats: size, time of modification, time of change (of content, name or rights); -1 where they are not trusted.
    """

    names: tuple[bytes, ...]
    stats: np.ndarray  # int64, files x 3
    digests: tuple[bytes, ...]

    @property
    def sha256(self) -> str:
        """One digest of all names and contents."""
        digest = hashlib.sha256()
        for name, content in zip(self.names, self.digests, strict=True):
            digest.update(b"%d:%b%b" % (len(name), name, content))
        return digest.hexdigest()

    def differences(self, earlier: "Fingerprints") -> str:
        """What changed since, for a sentence: `2 changed, 1 added, 0 removed: train/a/1.png, ...`."""
        now, then = (
            dict(zip(self.names, self.digests, strict=True)),
            dict(zip(earlier.names, earlier.digests, strict=True)),
        )
        changed = sorted(name for name in now.keys() & then.keys() if now[name] != then[name])
        added, removed = sorted(now.keys() - then.keys()), sorted(then.keys() - now.keys())
        some = [os.fsdecode(name) for name in [*changed, *added, *removed][:3]]
        more = ", ..." if len(changed) + len(added) + len(removed) > len(some) else ""
        counts = f"{len(changed)} changed, {len(added)} added, {len(removed)} removed"
        return f"{counts}: {', '.join(map(repr, some))}{more}"


def visible_files(folder: Path) -> list[Path]:
    """All files below a folder, sorted; hidden ones, and those in hidden folders, left out. A file is itself alone."""
    if not folder.is_dir():
        return [folder] if folder.exists() else []
    found, seen = [], set()
    for place, folders, files in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(place))
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(Path(place, name)) not in seen  # a circle of links
        )
        found += [Path(place, name) for name in sorted(files) if not name.startswith(".")]
    return found


def fingerprints(
    files: Iterable[Path], *, below: Path | None = None, known: Fingerprints | None = None
) -> Fingerprints:
    """The fingerprints of files; those that `known` has with the same size and times are not read.

    Args: below: a folder that may be moved: files in it are named from there, others as they are given.
    Raises: OSError: a file is not there, or cannot be read.
    """
    paths = sorted({os.fsencode(path) for path in files})
    if not paths:
        return Fingerprints((), np.empty((0, 3), np.int64), ())
    folder = b"" if below is None else os.fsencode(below).rstrip(b"/") + b"/"
    names = tuple(path.removeprefix(folder) for path in paths)
    stats = np.array([(s.st_size, s.st_mtime_ns, s.st_ctime_ns) for s in map(os.stat, paths)], np.int64)
    if known is not None and names == known.names and np.array_equal(stats, known.stats):
        return known
    digests, is_hashed = _digests(paths, names, stats, known)
    stats[is_hashed & (stats[:, 1:].max(axis=1) > time.time_ns() - _FRESH_NANOSECONDS)] = _UNTRUSTED
    return Fingerprints(names, stats, tuple(digests))


def read_index(file: Path) -> Fingerprints | None:
    """The fingerprints that a file remembers; none where it is missing or damaged, for it can be made again."""
    try:
        read_sealed(file)  # before pyarrow opens it, which crashes on some damage
        table = pq.ParquetFile(file).read()
    except (SchemaError, pa.ArrowInvalid, OSError):
        return None
    if table.schema != _SCHEMA:
        return None
    columns = [table[name].to_numpy() for name in ("size", "modified", "changed")]
    return Fingerprints(tuple(table["name"].to_pylist()), np.stack(columns, axis=1), tuple(table["sha256"].to_pylist()))


def write_index(file: Path, files: Fingerprints) -> None:
    """Remember fingerprints in a file."""
    columns = [pa.array(files.names, pa.binary()), *map(pa.array, files.stats.T), pa.array(files.digests, pa.binary())]
    with atomic(file) as temporary:
        with pq.ParquetWriter(temporary, _SCHEMA, compression="zstd") as writer:
            writer.write_table(pa.table(columns, schema=_SCHEMA))
            writer.add_key_value_metadata({RECORD_KEY: f'{{"{KEY}": "{UNSEALED}"}}'})
        seal(temporary)


def _digests(
    paths: list[bytes], names: tuple[bytes, ...], stats: np.ndarray, known: Fingerprints | None
) -> tuple[list[bytes], np.ndarray]:
    """The content of every file, and which of them were read for it."""
    there = {} if known is None else {name: row for row, name in enumerate(known.names)}
    rows = [there.get(name) for name in names]
    digests = [
        known.digests[row] if known is not None and row is not None and np.array_equal(known.stats[row], stat) else b""
        for row, stat in zip(rows, stats, strict=True)
    ]
    unread = [number for number, digest in enumerate(digests) if not digest]
    with ThreadPoolExecutor() as pool:  # hashing and reading lie outside Python's lock
        for start in range(0, len(unread), _AT_ONCE):
            numbers = unread[start : start + _AT_ONCE]
            for number, digest in zip(numbers, pool.map(_sha256, [paths[number] for number in numbers]), strict=True):
                digests[number] = digest
    is_hashed = np.zeros(len(paths), bool)
    is_hashed[unread] = True
    return digests, is_hashed


def _sha256(path: bytes) -> bytes:
    with Path(os.fsdecode(path)).open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
