"""A job that was forked instead of started: the child of a warm server becomes what `python ARGUMENTS` would be.

It imports nothing of lethe, because the server has it, too: a child reads the library anew.
"""

import atexit
import ctypes
import os
import random
import signal
import sys
import threading
import types
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast


@dataclass(frozen=True)
class Request:
    """A job as its client asks for it; its files are standard input, output and errors, and a pipe that it holds."""

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    umask: int
    cores: list[int]
    files: list[int]


def become(request: Request) -> None:
    """Be what `python ARGUMENTS` would be in the client's place: its files, its folder, its environment."""
    for number, file in enumerate(request.files[:3]):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request.folder)
    os.umask(request.umask)
    with suppress(OSError):  # cores that this process may not use
        os.sched_setaffinity(0, request.cores)
    os.environ.clear()
    os.environ.update(request.environment)
    for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
        cast(Any, stream).reconfigure(line_buffering=number == 2 or os.isatty(number))
    # Numbers of its own, as a fresh process has them.
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.seed()
    _be_called(request.arguments)
    script = Path(request.folder, request.arguments[0])
    sys.argv = list(request.arguments)
    sys.path.insert(0, str(script.parent))
    _run_script(script)


def _be_called(arguments: list[str]) -> None:
    """Show the job's command line to whoever lists processes, as far as there is room."""
    fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])  # arg_start and arg_end, see proc(5); 0 where they are hidden
    if 0 < start < end:
        line = b"\0".join(map(os.fsencode, ["python", *arguments]))[: end - start - 1]
        ctypes.memmove(start, line.ljust(end - start, b"\0"), end - start)


def _run_script(script: Path) -> None:
    """Run a file as the main program; a traceback is printed without the frames of this file."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=str(script), __builtins__=__builtins__)
    sys.modules["__main__"] = module
    code: object = None
    try:
        exec(compile(script.read_bytes(), script, "exec"), module.__dict__)
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        trace = error.__traceback__
        shown = error.with_traceback(trace.tb_next if trace else None)
        sys.excepthook(type(shown), shown, shown.__traceback__)
        code = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    _end(code)


def _end(code: object) -> None:
    """End as an interpreter does, but for taking every module apart, which takes longer than many a job."""
    if not isinstance(code, int | None):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except (OSError, ValueError):
        code = 120  # as an interpreter ends whose output cannot be written
    if code == -signal.SIGINT:  # who waits must see that it was interrupted
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit((code or 0) & 0xFF)
