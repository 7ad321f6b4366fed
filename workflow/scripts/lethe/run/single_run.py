"""One run of Snakemake in a folder at a time; the lock of a run that died is cleared, that of a live one is not."""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psutil

from lethe.core.errors import BusyError, ConfigError, Interrupted, RunFailed
from lethe.core.registry import LIBRARY
from lethe.run.environment import stated, with_python
from lethe.run.warm_starts import SWITCH, Warm, warm_starts
from lethe.store.files import has_no_locks

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
    Raises:
        BusyError: another run is alive, or may be alive on another host.
        Interrupted: somebody stopped it (Ctrl-C, or a signal to end).
    """
    scripts = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", os.defpath)
    path = path if os.pathsep in scripts else f"{scripts}{os.pathsep}{path}"
    is_warm = is_warm and os.environ.get(SWITCH) != "0"
    environment = {**stated(os.environ), "PATH": with_python(path), SWITCH: "1" if is_warm else "0"}
    with (
        sole_run(folder) as descriptor,
        warm_starts(environment) if is_warm and is_here else nullcontext(Warm(environment)) as warm,
    ):
        clear_stale_lock(folder)
        stopped: list[int] = []
        # Wait for the child to tidy up: a terminal's Ctrl-C it is told of too, a signal to end is passed on.
        signal.signal(signal.SIGINT, lambda number, _: stopped.append(number))
        # The child holds the same lock, and the server's life: killing this process alone frees or ends neither.
        child = subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=folder,
            env=warm.environment,
            pass_fds=[descriptor, *warm.lifeline],
        )

        def pass_on(number: int, _: object) -> None:
            stopped.append(number)
            child.send_signal(number)

        signal.signal(signal.SIGTERM, pass_on)
        _sign(descriptor, child.pid)
        status = child.wait()
        if stopped and status != 0:
            raise Interrupted("stopped; finished jobs are kept, and the same command goes on")
        return status


def dry_run(arguments: list[str], folder: Path, variables: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Exit status and text of a dry run; it takes no lock, so a study may run meanwhile.

    Args: variables: of the environment, beside those that are there.
    """
    environment = {**stated(os.environ), **(variables or {})}
    look = ["--dry-run", "--nolock", "--rerun-incomplete", "--cores", "1"]
    command = [sys.executable, "-m", "snakemake", *look, *arguments]
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return result.returncode, result.stdout + result.stderr


def untracked_files(arguments: list[str], folder: Path) -> list[str]:
    """Files in a folder that are none of the workflow's, by Snakemake's own list.

    Raises: RunFailed: Snakemake cannot plan the study, for the reason that it gives.
    """
    command = [sys.executable, "-m", "snakemake", "--list-untracked", "--nolock", "--rerun-incomplete", *arguments]
    result = subprocess.run(
        command, cwd=folder, env=stated(os.environ), capture_output=True, text=True, encoding="utf-8", check=False
    )
    if result.returncode != 0:
        raise RunFailed(f"Snakemake cannot plan this study:\n{(result.stdout + result.stderr).strip()}")
    return result.stdout.splitlines()


@contextmanager
def sole_run(folder: Path) -> Iterator[int]:
    """Hold the folder's run lock, with host and process written into it; yields its file descriptor.

    Raises: BusyError: another run is alive, or may be alive on another host.
    """
    lock = _lock_file(folder)
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _owner(folder)
            process, host = owner.get("process", "unknown"), owner.get("host", "unknown")
            raise BusyError(f"another run is alive here (process {process} on host {host}); {_WAY_OUT}") from None
        except OSError as error:
            if not has_no_locks(error):
                raise
            # A run that is alive is then known from this host's processes, or from Snakemake's locks, which are files.
            print("no locks on this file system: start no second run here before the first has ended", file=sys.stderr)
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
    for process in psutil.process_iter(["pid", "cmdline", "cwd", "exe", "status"]):
        told = process.info
        if told["cwd"] != str(folder.resolve()) or told["status"] == psutil.STATUS_ZOMBIE:
            continue
        if is_main_snakemake(told["cmdline"] or [], told["exe"]):
            raise BusyError(f"Snakemake is running here (process {told['pid']}); {_WAY_OUT}")


def is_main_snakemake(command: list[str], program: str | None = None) -> bool:
    """Whether a process is Snakemake itself and neither a job that it started nor a look from outside.

    Args:
        command: its words.
        program: the file that it executes, where the system tells.
    """
    if program and not _is_python(program):
        return False  # an editor, a shell, a terminal: whatever its words are
    own = _words_of_snakemake(command)
    if own is None:
        return False
    is_job = any(word == "--mode" or word.startswith("--mode=") for word in own)
    only_looks = {"--nolock", "--dry-run", "--dryrun", "--lint"} & set(own)
    # Short options may stand together: -np is -n -p.
    is_dry = any(re.fullmatch(r"-[npqFRk]*n[npqFRk]*", part) for part in own)
    return not is_job and not only_looks and not is_dry


def _words_of_snakemake(command: list[str]) -> list[str] | None:
    """What follows `snakemake` where that is what an interpreter runs: its script, or the module after -m."""
    if command and Path(command[0]).name == "snakemake":
        return command[1:]
    if not command or not _is_python(command[0]):
        return None
    words = command[1:]
    while words and words[0].startswith("-"):
        option, *words = words
        takes_value = re.fullmatch(r"-[^-cmWX]*([cmWX])(.*)", option)
        if takes_value is None:
            continue
        letter, value = takes_value.groups()
        if not value:
            value, words = words[0] if words else "", words[1:]
        if letter == "m":
            return words if value == "snakemake" else None
        if letter == "c":
            return None
    return words[1:] if words and Path(words[0]).name == "snakemake" else None


def _is_python(program: str) -> bool:
    return re.fullmatch(r"(python|pypy)[\d.]*[a-z]*", Path(program.removesuffix(" (deleted)")).name) is not None


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
    texts = (log.read_text(encoding="utf-8", errors="replace") for log in logs)
    return next((host for text in texts if (host := _host_of_locking_run(text))), None)


def _host_of_locking_run(log: str) -> str | None:
    """Host that a log names; None if that run took no lock: a dry run, a look with --nolock, one that was refused."""
    if "--nolock" in log or "cannot be locked" in log:
        return None
    found = re.search(r"^ *host: *(\S+)", log, re.IGNORECASE | re.MULTILINE)
    return found.group(1) if found else None


def clear_stale_lock(folder: Path) -> None:
    """Remove Snakemake's locks, with the run lock held: no run is alive."""
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
        owner = json.loads(_lock_file(folder).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: str(value) for key, value in owner.items()} if isinstance(owner, dict) else {}


def _lock_file(folder: Path) -> Path:
    return folder / ".snakemake" / "lethe" / "run.lock"
