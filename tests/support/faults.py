"""What the fault tests share: a study that runs in the background, its live processes, and what it left."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from support.workspace import environment, lethe

CONFIG = "studies/smoke.yaml"
JOBS = Path("workflow/scripts")
_STARTED: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Live:
    """A living process of a study, and the entry script's name.

    Attributes:
        kind: job, client (who waits for a job that the server forked), server, snakemake or wrapper.
    """

    kind: str
    script: str
    process: psutil.Process

    def output(self) -> str:
        """The first path that a job's command line names."""
        return next(part for part in self.process.cmdline() if part.startswith("results/"))


def start(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    """A Python command in a process group of its own; what it prints is added to out.txt."""
    with (folder / "out.txt").open("ab") as out:
        started = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _STARTED.append(started)
    return started


def start_study(folder: Path) -> subprocess.Popen[bytes]:
    """What `make run` does."""
    return start(folder, "-m", "lethe", "run", "--config", CONFIG)


def run_study(folder: Path, config: str = CONFIG) -> subprocess.CompletedProcess[str]:
    """What `make run` does, to its end; output and errors together."""
    return lethe(folder, "run", "--config", config)


def processes(folder: Path) -> list[Live]:
    """All living processes of the study in a folder; the shells between Snakemake and its jobs left out."""
    found = (_classify(process, folder) for process in psutil.process_iter(["cmdline", "cwd"]))
    return [live for live in found if live is not None]


def _classify(process: psutil.Process, folder: Path) -> Live | None:
    command, cwd = [part for part in process.info["cmdline"] or [] if part.strip()], process.info["cwd"]
    if cwd != str(folder.resolve()) or len(command) < 2 or "python" not in Path(command[0]).name:
        return None
    if _is_newborn(process, command):
        return None
    starts = {"snakemake": ["-m", "snakemake"], "wrapper": ["-m", "lethe", "run"]}
    kind = next((kind for kind, start in starts.items() if command[1 : 1 + len(start)] == start), "")
    if kind:
        return Live(kind, kind, process)
    is_client = command[1:3] == ["-I", "-S"] and len(command) > 5
    script = Path(command[5 if is_client else 1])
    if script.name == "warm_server.py":
        return Live("server", script.name, process)
    return Live("client" if is_client else "job", script.name, process) if script.parent == JOBS else None


def _is_newborn(process: psutil.Process, command: list[str]) -> bool:
    """Whether a process was just forked and has not yet become what its parent starts it as."""
    try:
        parent = process.parent()
        return parent is not None and [part for part in parent.cmdline() if part.strip()] == command
    except psutil.Error:
        return False


def of_kind(folder: Path, kind: str, script: str | None = None) -> list[Live]:
    """Living processes of one kind, and of one entry script if it is named."""
    return [p for p in processes(folder) if p.kind == kind and script in (None, p.script)]


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 300) -> None:
    """Look ten times a second; fail, saying what did not happen, when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        time.sleep(0.1)


def kill(process: psutil.Process) -> bool:
    """`kill -9`; whether it hit a living process."""
    try:
        hit = process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        process.kill()
    except psutil.NoSuchProcess:
        return False
    return hit


def stop_all(folder: Path) -> None:
    """End every process of a study, so that a failed test leaves none behind."""
    for _ in range(3):
        for live in processes(folder):
            kill(live.process)  # -9 ends a stopped process too
        time.sleep(0.1)
    while _STARTED:
        _STARTED.pop().wait(timeout=60)


def hold_training(folder: Path) -> None:
    """Let trainings live on without taking a core from other tests; they hold their locks as before."""
    for job in of_kind(folder, "job", "train.py"):
        job.process.send_signal(signal.SIGSTOP)


def artefacts(folder: Path) -> dict[str, bytes]:
    """Everything under results/ but logs and hidden files, by relative path."""
    files = (path for path in sorted((folder / "results").rglob("*")) if path.is_file())
    kept = (path for path in files if "logs" not in path.parts and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}


def side_files(folder: Path) -> list[str]:
    """Hidden files under results/ that only an unfinished job needs; lock files stay for ever."""
    hidden = (path for path in (folder / "results").rglob(".*") if path.is_file() and path.suffix != ".lock")
    return sorted(path.relative_to(folder).as_posix() for path in hidden)


def longer_training(folder: Path, epochs: int, before: int = 6) -> None:
    """Give the smoke study so many epochs that training is hit too."""
    config = folder / CONFIG
    text = config.read_text()
    assert f"epochs: {before}," in text
    config.write_text(text.replace(f"epochs: {before},", f"epochs: {epochs},"))
