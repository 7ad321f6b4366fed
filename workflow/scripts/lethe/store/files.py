"""Files that are whole or absent: written under a temporary name, synced, renamed; one writer at a time."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

DECIDES_NO_RESULT = "temporary names and locks"


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the name of `path` once the block ends without error.

    The temporary name is fixed, so that the next writer overwrites what a killed one left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())  # safetensors makes files that only their owner can read
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a small file atomically."""
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a small text file atomically, in UTF-8."""
    write_bytes(path, content.encode())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def writing(path: Path) -> Iterator[bool]:
    """Be the only writer of `path`: waits for the lock that an orphaned job may still hold, and yields whether it did.

    The kernel drops the lock when its holder dies, however it dies.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock, waited = FileLock(_lock_path(path)), False
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waited = True
        print(f"waiting: another process is still writing {path}", file=sys.stderr, flush=True)
        lock.acquire()
    try:
        yield waited
    finally:
        lock.release()


def is_being_written(path: Path) -> bool:
    """Whether a live process holds the writer's lock of `path`."""
    lock = _lock_path(path)
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def _lock_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.lock")
