"""Files that are whole or absent: written under a temporary name, synced, renamed; one writer at a time."""

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

DECIDES_NO_RESULT = "temporary names and locks"

# What a working folder remembers beside its results: locks, which config made what.
STATE = Path(".lethe")
# What a file system answers that has no locks.
NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP})


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the name of `path` once the block ends without error.

    The temporary name is fixed, so that the next writer removes what a killed one left. It is a new file: whatever had
    that name before, a link to somebody's file for one, is removed and not written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.unlink(missing_ok=True)
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    try:
        with _naming(path):
            yield temporary
        temporary.chmod(0o666 & ~_umask())  # safetensors makes files that only their owner can read
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def lasting(path: Path) -> Path:
    """The name that the temporary file of a path takes in the end; any other path itself."""
    name = path.name
    is_temporary = name.startswith(".") and name.endswith(".part")
    return path.with_name(name.removeprefix(".").removesuffix(".part")) if is_temporary else path


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let what the system answers to a library's writing be an OSError that names the file."""
    try:
        yield
    except OSError as error:
        if error.errno and error.filename is None:
            raise type(error)(error.errno, os.strerror(error.errno), str(path)) from error
        raise
    except Exception as error:
        told = re.search(r"os error (\d+)", str(error))  # safetensors has words alone
        if told is None:
            raise
        raise OSError(int(told[1]), os.strerror(int(told[1])), str(path)) from error


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

    The kernel drops the lock when its holder dies, however it dies. A file system without locks is told of, and the
    block goes on without one.
    """
    place, waited = lock_path(path), False
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waited = True
        print(f"waiting: another process is still writing {path}", file=sys.stderr, flush=True)
        lock.acquire()
    except (OSError, NotImplementedError) as error:
        if not has_no_locks(error):
            raise
        print(f"no locks on this file system: nothing keeps a second writer from {path}", file=sys.stderr, flush=True)
    try:
        yield waited
    finally:
        lock.release()


def is_being_written(path: Path) -> bool:
    """Whether a live process holds the writer's lock of `path`; no where that cannot be told, as without locks."""
    place = lock_path(path)
    if not place.exists():
        return False
    try:
        with FileLock(place, timeout=0, fallback_to_soft=False):
            return False
    except Timeout:
        return True
    except (OSError, NotImplementedError):
        return False


def lock_path(path: Path) -> Path:
    """Where the writer's lock of a file lies: in `.lethe/locks/` of the working folder that it belongs to.

    A file outside every such folder has its lock beside it, where all who write to it look.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 (links stay: all who write go by the same name)
    for folder in absolute.parents:
        if (folder / STATE).is_dir():
            own = absolute.relative_to(folder)
            return folder / STATE / "locks" / own.with_name(f"{own.name}.lock")
    return absolute.with_name(f".{absolute.name}.lock")


def has_no_locks(error: Exception) -> bool:
    """Whether an error says that a file system has no locks."""
    return isinstance(error, NotImplementedError) or getattr(error, "errno", None) in NO_LOCKS
