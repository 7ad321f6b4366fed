"""Warm starts: while a run lives, its jobs are forked from a process that has imported their packages already.

A folder that only this user may enter holds the server's socket and a command `python`. It stands first on the PATH
that Snakemake's jobs inherit, so a rule's `python workflow/scripts/x.py ...` finds it, unless an environment of its own
(conda) stands before it.
"""

import hashlib
import os
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from lethe.run.environment import SOCKET, folder_for_path
from lethe.run.warm_server import REFUSED

HERE = Path(__file__).parent
SWITCH = "LETHE_WARM_STARTS"
_PREFIX = "lethe-"
_LONGEST_ADDRESS = 100  # of a Unix socket, in bytes
_SECONDS_TO_PART = 0.5
_SECONDS_TO_LISTEN = 60.0  # a younger socket may not listen yet
_ROOM = 4000  # letters for a job's command line
_STARTED: list[tuple[Path, int, subprocess.Popen[bytes]]] = []


@dataclass(frozen=True)
class Warm:
    """What a program needs so that its jobs start warm.

    Attributes:
        environment: its variables.
        lifeline: a file that it must hold open; the server goes when all who hold it are gone.
    """

    environment: dict[str, str]
    lifeline: tuple[int, ...] = ()


def can_start_warm() -> bool:
    """Whether this system has what a server needs, as Linux has."""
    if not hasattr(os, "pidfd_open"):
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


@contextmanager
def warm_starts(environment: dict[str, str]) -> Iterator[Warm]:
    """Keep a server for as long as the block lasts, or a program that was given the lifeline lives.

    It imports while the block goes on; jobs that ask before it is ready wait for it. Where there can be none, the
    environment is as it was given.

    Args: environment: as jobs have it, see `environment.stated`; else the server refuses them.
    """
    started = _started(environment)
    if started is None:
        yield Warm(environment)
        return
    folder, lifeline, server = started
    try:
        yield Warm(_with_command(folder, environment), (lifeline,))
    finally:
        _part_with(server, folder, lifeline)


def start_in_allocation(arguments: list[str]) -> None:
    """Give a Slurm job that runs a group of Snakemake's jobs one after the other a server of its own, until it ends.

    Does nothing in every other process. `LETHE_WARM_STARTS=0` in the environment switches it off.

    Args: arguments: Snakemake's own.
    """
    # Within a step: Slurm's batch script starts a Snakemake that only starts another in a step of its own.
    if os.environ.get(SWITCH) == "0" or "SLURM_STEP_ID" not in os.environ or jobs_of_group(arguments) < 2:
        return
    started = _started(dict(os.environ))
    if started is not None:
        _STARTED.append(started)  # its lifeline is open until this process ends
        os.environ.update(_with_command(started[0], dict(os.environ)))


def jobs_of_group(arguments: list[str]) -> int:
    """How many jobs a Snakemake on a node was told to run: it names them after --target-jobs."""
    if "--target-jobs" not in arguments:
        return 0
    after = arguments[arguments.index("--target-jobs") + 1 :]
    return len(list(takewhile(lambda word: not word.startswith("-"), after)))


def _started(environment: dict[str, str]) -> tuple[Path, int, subprocess.Popen[bytes]] | None:
    """A server with its folder and its lifeline; nothing, and a sentence, where there can be none."""
    if not can_start_warm():
        return None
    try:
        folder = _private_folder()
        return folder, *_start_server(folder, environment)
    except OSError as error:
        print(f"No warm starts, as {error}; jobs are started one by one.", file=sys.stderr)
        return None


def _start_server(
    folder: Path, environment: dict[str, str], program: Path | None = None
) -> tuple[int, subprocess.Popen[bytes]]:
    """A server whose socket lies in a folder, and the lifeline that it lives by.

    The socket listens before the server does, so that nobody comes too early. The server has a session of its own:
    Ctrl-C is for the jobs' clients, who pass it on.
    """
    read_end, lifeline = os.pipe()
    with _listening(folder / SOCKET) as listener, (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, str(program or HERE / "warm_server.py"), str(folder), str(listener.fileno()), " " * _ROOM],
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=environment,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
    os.close(read_end)
    return lifeline, server


def _part_with(server: subprocess.Popen[bytes], folder: Path, lifeline: int) -> None:
    """Let the server end by itself, as jobs of a killed Snakemake may still run; say what it could not do."""
    with (folder / "log").open(encoding="utf-8", errors="replace") as log:  # the server removes the folder
        os.close(lifeline)
        try:
            status = server.wait(timeout=_SECONDS_TO_PART)
        except subprocess.TimeoutExpired:
            return
        lines = log.read().strip().splitlines()
    refused = [line.removeprefix(REFUSED) for line in lines if line.startswith(REFUSED)]
    if status != 0:
        why = f": {lines[-1]}" if lines else ""
        print(f"Warm starts ended early{why}; jobs were started one by one.", file=sys.stderr)
    elif refused:
        print(f"Some jobs could not start warm: {refused[0]}; they were started by themselves.", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)


def _listening(address: Path) -> socket.socket:
    """A socket that only this user may connect to, and that keeps many waiting."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    address.chmod(0o600)
    listener.listen(1000)
    return listener


def _private_folder() -> Path:
    """A new folder that nobody else may enter, its name short enough for the address of a socket."""
    # By host, as a folder for temporary files may be shared, and a socket is its host's.
    prefix = f"{_PREFIX}{hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]}-"
    for parent in (folder_for_path(), "/tmp"):
        if len(os.fsencode(f"{parent}/{prefix}12345678/{SOCKET}")) <= _LONGEST_ADDRESS:
            _remove_abandoned(Path(parent), prefix)
            return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    raise AssertionError("/tmp is short enough")


def _remove_abandoned(parent: Path, prefix: str) -> None:
    """Remove what is left where a run and its server were both killed: folders of this user whose socket is dead."""
    for address in parent.glob(f"{prefix}*/{SOCKET}"):
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            found, folder = address.lstat(), address.parent.lstat()
            is_ours = stat.S_ISSOCK(found.st_mode) and (folder.st_uid, folder.st_mode & 0o777) == (os.getuid(), 0o700)
            if not is_ours or time.time() - found.st_mtime < _SECONDS_TO_LISTEN:
                continue
            try:
                client.connect(str(address))
            except ConnectionRefusedError:
                shutil.rmtree(address.parent, ignore_errors=True)


def _with_command(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """The environment with a `python` first on its PATH: this interpreter as the client, without site-packages."""
    words = [sys.executable, "-I", "-S", str(HERE / "warm_client.py"), str(folder / SOCKET)]
    command = folder / "python"
    command.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    command.chmod(0o700)
    return {**environment, "PATH": f"{folder}{os.pathsep}{environment.get('PATH', '')}"}
