"""Every writer of files, stopped at every call that it makes of the system: by death, and by each kind of error.

Whatever happens, the file is as it was or as it was to become, and the next writer finds nothing in its way.
"""

import errno
import os
import random
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import torch

from lethe.networks.checkpoint import read_tensors, write_tensors
from lethe.store import seal
from lethe.store.arrays import read_arrays, write_arrays
from lethe.store.files import write_bytes
from lethe.store.fingerprints import Fingerprints, read_index, write_index
from lethe.store.notes import read_note, write_note
from lethe.store.records import read_sealed, write_sealed
from lethe.store.schema import LABELLED
from lethe.store.tables import read_table, write_table

ERRORS = {
    "ENOSPC": errno.ENOSPC,
    "EIO": errno.EIO,
    "EXDEV": errno.EXDEV,
    "EROFS (a folder that cannot be written)": errno.EROFS,
    "EDQUOT": errno.EDQUOT,
}
DEATH, CUT_SHORT = "power loss at a call of a writer", "a disk that is full in the middle of a file"
# The calls with which files are made, synced and named: (module or class, name).
_CALLS = ((os, "open"), (os, "close"), (os, "fsync"), (Path, "chmod"), (Path, "replace"), (seal, "seal"))
_SECONDS = 20


def _table(value: int) -> pa.Table:
    return pa.table({"seed": [value] * 4000, "example_id": list(range(4000))})


# Each: write a value to a file, and read it.
WRITERS: dict[str, tuple[Callable[[Path, int], None], Callable[[Path], Any]]] = {
    "tensors.safetensors": (
        lambda file, value: write_tensors(file, {"a": torch.full((4000,), value)}, {"of": value}),
        lambda file: int(read_tensors(file)[0]["a"][0]),
    ),
    "arrays.safetensors": (
        lambda file, value: write_arrays(file, {"a": np.full(4000, value)}, {"of": value}),
        lambda file: int(read_arrays(file)["a"][0]),
    ),
    "table.parquet": (
        lambda file, value: write_table(file, _table(value), LABELLED, {"of": value}),
        lambda file: int(read_table(file, LABELLED)["seed"][0]),
    ),
    "sealed.json": (
        lambda file, value: write_sealed(file, {"value": value, "long": "x" * 5000}),
        lambda file: read_sealed(file)["value"],
    ),
    "note.json": (
        lambda file, value: write_note(file, {"value": value, "long": "x" * 5000}),
        lambda file: (read_note(file) or {}).get("value"),
    ),
    "index.parquet": (
        lambda file, value: write_index(file, _fingerprints(value)),
        lambda file: len(found.names) if (found := read_index(file)) else None,
    ),
    "page.html": (lambda file, value: write_bytes(file, bytes([value]) * 5000), lambda file: file.read_bytes()[0]),
}


def _fingerprints(count: int) -> Fingerprints:
    names = tuple(f"{number}.png".encode() for number in range(count))
    return Fingerprints(names, np.ones((count, 3), np.int64), tuple(os.urandom(32) for _ in names))


def injections(folder: Path, draw: random.Random, *, is_short: bool) -> Iterator[tuple[str, bool, str]]:
    """Every writer at every call, with every fault: kind of fault, whether nothing was lost, and what it was.

    Args: is_short: only some calls of a writer fail, each in one way, drawn at random.
    """
    for name, (write, read) in WRITERS.items():
        file = folder / name
        write(file, 1)
        count = _calls_of(lambda write=write, file=file: write(file, 1))  # type: ignore[misc]
        for at in draw.sample(range(count), 3) if is_short else range(count):
            yield DEATH, _is_whole(file, write, read, lambda at=at: _fail_at(at, _die)), f"{name}, call {at}"
            for kind, number in draw.sample(sorted(ERRORS.items()), 1 if is_short else len(ERRORS)):
                yield (
                    kind,
                    _is_whole(file, write, read, lambda at=at, n=number: _fail_at(at, _error(n))),
                    f"{name}, {at}",
                )
        for _ in range(2 if is_short else 20):
            size = draw.randrange(1, file.stat().st_size)
            yield CUT_SHORT, _is_whole(file, write, read, lambda size=size: _limit(size)), f"{name}, byte {size}"


def _is_whole(
    file: Path, write: Callable[[Path, int], None], read: Callable[[Path], Any], inject: Callable[[], None]
) -> bool:
    """Whether a file has its first or its second value after a writer met a fault, and its third after the next."""
    write(file, 1)
    child = os.fork()
    if child == 0:
        signal.alarm(_SECONDS)
        status = 1
        try:
            inject()
            write(file, 2)
            status = 0
        except OSError:
            status = 3
        finally:
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    is_told = os.waitstatus_to_exitcode(status) in (0, 3, 9)
    is_old_or_new = read(file) in (1, 2)
    write(file, 3)
    return is_told and is_old_or_new and read(file) == 3 and not list(file.parent.glob(".*.part"))


def _calls_of(write: Callable[[], None]) -> int:
    """How many of the calls a writer makes."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        count = _counting(lambda _: None)
        write()
        os.write(writing, str(count[0]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as told:
        return int(told.read())


def _fail_at(at: int, fail: Callable[[], NoReturn]) -> None:
    """Let the call of a number fail, in this process that ends with it."""
    _counting(lambda number: fail() if number == at else None)


def _counting(before: Callable[[int], None]) -> list[int]:
    """Let something happen before each call, given its number; returns the count, which goes on."""
    count = [0]

    def wrapped(call: Callable[..., Any]) -> Callable[..., Any]:
        def with_it(*arguments: Any, **options: Any) -> Any:
            count[0] += 1
            before(count[0] - 1)
            return call(*arguments, **options)

        return with_it

    for place, name in _CALLS:
        setattr(place, name, wrapped(getattr(place, name)))
    from lethe.networks import checkpoint
    from lethe.store import arrays, fingerprints, tables

    for module in (checkpoint, arrays, fingerprints, tables):
        module.seal = seal.seal  # type: ignore[attr-defined] (each has it by its own name)
    return count


def _die() -> NoReturn:
    os._exit(9)


def _error(number: int) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise OSError(number, os.strerror(number))

    return fail


def _limit(size: int) -> None:
    """Let no file grow beyond a size: what a library's own writing meets on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
