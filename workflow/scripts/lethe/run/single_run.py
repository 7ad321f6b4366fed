"""One run of Snakemake in a folder at a time; the lock of a run that died is cleared, that of a live one is not."""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psutil

from lethe.core.errors import BusyError, ConfigError
from lethe.core.registry import LIBRARY
from lethe.run.warm_starts import SWITCH, Warm, warm_starts

WORKFLOW = LIBRARY.parents[2]
_WAY_OUT = "wait for it, or stop it first"


def workflow_arguments(folder: Path, profile: Path | None = None) -> list[str]:
    """What Snakemake is told in a folder: the Snakefile beside this library where there is none, and the profile.

    Says on standard error that it takes that one, for somebody who is in the wrong folder.

    Args: profile: a folder; one that is not there is looked for beside the Snakefile.
    Raises: ConfigError: there is no Snakefile in the folder, and none beside the library.
    """
    has_own = any((folder / place).is_file() for place in ("Snakefile", "workflow/Snakefile"))
    if not has_own and not (WORKFLOW / "Snakefile").is_file():
        raise ConfigError(f"there is no Snakefile in {folder.resolve()}; change into Lethe's folder and try again")
    arguments = [] if profile is None else ["--profile", str(found_profile(profile, folder))]
    if has_own:
        return arguments
    print(f"No Snakefile here: the one in {WORKFLOW} is taken, and results/ is that of this folder.", file=sys.stderr)
    return ["--snakefile", str(WORKFLOW / "Snakefile"), *arguments]


def found_profile(profile: Path, folder: Path) -> Path:
    """A profile as it is named, or the one of that name beside the library."""
    is_elsewhere = not (folder / profile).is_dir() and (WORKFLOW / profile).is_dir()
    return WORKFLOW / profile if is_elsewhere else profile


def run_snakemake(arguments: list[str], folder: Path, *, is_warm: bool = False, is_here: bool = True) -> int:
    """Exit status of one run of Snakemake in a folder.

    Args:
        is_warm: jobs are forked from a process that has imported their packages, see `warm_starts`.
        is_here: jobs run on this machine; on a cluster those of a group have a server where they run.
    Raises: BusyError: another run is alive, or may be alive on another host.
    """
    scripts = str(Path(sys.executable).parent)
    path = f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"
    is_warm = is_warm and os.environ.get(SWITCH) != "0"
    environment = {**os.environ, "PATH": path, SWITCH: "1" if is_warm else "0"}
    with (
        _sole_run(folder) as descriptor,
        warm_starts(environment) if is_warm and is_here else nullcontext(Warm(environment)) as warm,
    ):
        _clear_stale_lock(folder)
        signal.signal(signal.SIGINT, lambda *_: None)  # the terminal tells the child too; wait for it to tidy up
        # The child holds the same lock, and the server's life: killing this process alone frees or ends neither.
        child = subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=folder,
            env=warm.environment,
            pass_fds=[descriptor, *warm.lifeline],
        )
        signal.signal(signal.SIGTERM, lambda number, _: child.send_signal(number))
        _sign(descriptor, child.pid)
        return child.wait()


def dry_run(arguments: list[str], folder: Path) -> tuple[int, str]:
    """Exit status and text of a dry run; it takes no lock, so a study may run meanwhile."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--nolock", "--cores", "1", *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


@contextmanager
def _sole_run(folder: Path) -> Iterator[int]:
    """Hold the folder's run lock, with host and process written into it; yields its file descriptor."""
    lock = _lock_file(folder)
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _owner(folder)
            process, host = owner.get("process", "unknown"), owner.get("host", "unknown")
            raise BusyError(f"another run is alive here (process {process} on host {host}); {_WAY_OUT}") from None
        _refuse_live_snakemake(folder)
        _refuse_other_host(folder)
        _sign(descriptor, os.getpid())
        yield descriptor
    finally:
        os.close(descriptor)


def _sign(descriptor: int, process: int) -> None:
    """Write into the lock who holds it: the process that a person would have to stop."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"host": socket.gethostname(), "process": process}).encode(), 0)


def _refuse_live_snakemake(folder: Path) -> None:
    """A Snakemake that was started by hand holds no lock of ours; it is found among this host's processes."""
    for process in psutil.process_iter(["pid", "cmdline", "cwd", "status"]):
        command = process.info["cmdline"] or []
        if process.info["cwd"] != str(folder.resolve()) or not is_main_snakemake(command):
            continue
        raise BusyError(f"Snakemake is running here (process {process.info['pid']}); {_WAY_OUT}")


def is_main_snakemake(command: list[str]) -> bool:
    """Whether a command line is Snakemake itself and neither a job that it started nor a look from outside."""
    starts = [Path(part).name for part in command[:5]]
    is_job = "--mode" in command
    only_looks = {"--nolock", "--dry-run", "--dryrun", "--lint"} & set(command)
    # Short options may stand together: -np is -n -p.
    is_dry = any(re.fullmatch(r"-[npqFRk]*n[npqFRk]*", part) for part in command)
    return "snakemake" in starts and not is_job and not only_looks and not is_dry


def _refuse_other_host(folder: Path) -> None:
    """On a shared file system a lock may belong to a run that this host cannot see."""
    if not _snakemake_locks(folder):
        return
    host = _host_of_newest_run(folder) or _owner(folder).get("host")
    if host and host != socket.gethostname():
        raise BusyError(
            f"this folder is locked by a run on host {host}, which cannot be seen from here; look there, and if it "
            "is dead, free the folder: snakemake --unlock"
        )


def _host_of_newest_run(folder: Path) -> str | None:
    """Where Snakemake took the lock last, from its own logs, which also know runs that were started by hand."""
    logs = sorted((folder / ".snakemake" / "log").glob("*.snakemake.log"), reverse=True)
    return next((host for log in logs if (host := _host_of_locking_run(log.read_text(errors="replace")))), None)


def _host_of_locking_run(log: str) -> str | None:
    """Host that a log names; None if that run took no lock: a dry run, a look with --nolock, one that was refused."""
    if "--nolock" in log or "cannot be locked" in log:
        return None
    found = re.search(r"^ *host: *(\S+)", log, re.IGNORECASE | re.MULTILINE)
    return found.group(1) if found else None


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
    """Host and process that signed the run lock last; empty if nobody did, or not to the end."""
    try:
        owner: dict[str, str] = json.loads(_lock_file(folder).read_text())
    except (OSError, json.JSONDecodeError):
        return {}
    return owner


def _lock_file(folder: Path) -> Path:
    return folder / ".snakemake" / "lethe" / "run.lock"
