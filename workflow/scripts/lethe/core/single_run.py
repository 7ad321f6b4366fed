"""One run of Snakemake in a folder at a time; the lock of a run that died is cleared, that of a live one is not."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from lethe.core.errors import BusyError


def run_snakemake(arguments: list[str], folder: Path) -> int:
    """Exit status of one run of Snakemake in a folder.

    Raises: BusyError: another run is alive, or may be alive on another host.
    """
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    with _sole_run(folder) as descriptor:
        _clear_stale_lock(folder)
        # The child holds the same lock: killing this process alone does not free the folder.
        child = subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments], cwd=folder, env=environment, pass_fds=[descriptor]
        )
        signal.signal(signal.SIGINT, lambda *_: None)  # the terminal tells the child too; wait for it to tidy up
        signal.signal(signal.SIGTERM, lambda number, _: child.send_signal(number))
        return child.wait()


@contextmanager
def _sole_run(folder: Path) -> Iterator[int]:
    """Hold the folder's run lock, with host and process written into it; yields its file descriptor."""
    lock = _lock_file(folder)
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _owner(folder).get("process", "unknown")
            raise BusyError(f"another run is alive here (process {owner}); wait for it, or stop it first") from None
        _refuse_live_snakemake(folder)
        _refuse_other_host(folder)
        owner = json.dumps({"host": socket.gethostname(), "process": os.getpid()})
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, owner.encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _refuse_live_snakemake(folder: Path) -> None:
    """A Snakemake that was started by hand holds no lock of ours; it is found among this host's processes."""
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        command = process.info["cmdline"] or []
        if process.info["cwd"] != str(folder.resolve()) or not _is_main_snakemake(command):
            continue
        raise BusyError(f"Snakemake is running here (process {process.info['pid']}); wait for it, or stop it first")


def _is_main_snakemake(command: list[str]) -> bool:
    """Whether a command line is Snakemake itself and neither a job that it started nor a look from outside."""
    starts = [Path(part).name for part in command[:3]]
    is_job = "--mode" in command
    only_looks = {"--nolock", "-n", "--dry-run", "--lint"} & set(command)
    return "snakemake" in starts and not is_job and not only_looks


def _refuse_other_host(folder: Path) -> None:
    """On a shared file system a lock may belong to a run that this host cannot see."""
    owner = _owner(folder)
    if _snakemake_locks(folder) and owner and owner.get("host") != socket.gethostname():
        raise BusyError(
            f"this folder is locked by a run on host {owner['host']} (process {owner['process']}); look there, and if "
            "it is dead: snakemake --unlock"
        )


def _clear_stale_lock(folder: Path) -> None:
    """Remove Snakemake's locks; only called when no run is alive."""
    locks = _snakemake_locks(folder)
    for lock in locks:
        lock.unlink(missing_ok=True)
    if locks:
        print("An earlier run died and left its lock; cleared.", file=sys.stderr)


def _snakemake_locks(folder: Path) -> list[Path]:
    return sorted((folder / ".snakemake" / "locks").glob("*"))


def _owner(folder: Path) -> dict[str, str]:
    try:
        owner: dict[str, str] = json.loads(_lock_file(folder).read_text())
    except (OSError, json.JSONDecodeError):
        return {}
    return owner


def _lock_file(folder: Path) -> Path:
    return folder / ".snakemake" / "lethe" / "run.lock"
