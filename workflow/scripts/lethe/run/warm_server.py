"""A process that has imported what jobs import, and forks one child for each of them.

It never imports lethe: a child reads the library anew, so that an edited file counts at once. It has no thread besides
its first when it forks, and touches no device. It serves its own user alone, ends when whoever holds the other end of
its standard input is gone and the last child has ended, and takes its children with it when it is killed.

    python warm_server.py FOLDER LISTENER ROOM

LISTENER is the number of an open socket, which lies in FOLDER, to be removed in the end. ROOM is a string of spaces: a
child writes its own command line over it, so that `ps` tells jobs apart.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import random
import select
import selectors
import shutil
import signal
import socket
import struct
import sys
import threading
import time
import types
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

# What entry scripts import from elsewhere, at once or as they go on (an optimizer imports torch._dynamo when it is
# first used); what is not installed is left out.
PACKAGES = (
    "torch", "torch._dynamo", "numpy", "pandas", "pyarrow.parquet", "pyarrow.pandas_compat", "safetensors.torch",
    "pydantic.main", "typer", "rich", "filelock", "jaxtyping", "psutil", "yaml", "scipy.stats", "scipy.special",
    "scipy.optimize", "scipy.ndimage", "scipy.cluster.hierarchy", "sklearn.linear_model", "sklearn.datasets", "jinja2",
    "PIL.Image", "fontTools.ttLib", "matplotlib.figure", "seaborn.objects", "timm.models.resnet",
)  # fmt: skip
# Variables that packages read while they are imported. A job for which one of them is another than it was for the
# server would compute under other settings than it asks for, so it is refused; so is a job of another allocation.
READ_ON_IMPORT = (
    "PYTHON", "LD_", "LANG", "LC_", "TZ", "OMP_", "KMP_", "GOMP_", "MKL_", "DNNL_", "ONEDNN_", "OPENBLAS_", "ATEN_",
    "TORCH", "PYTORCH_", "MALLOC_", "ARROW_", "JE_ARROW_", "NPY_", "MPL", "MATPLOTLIB", "SKLEARN_", "SCIPY_",
    "SLURM_JOB_ID",
)  # fmt: skip
# The server's own, so that no thread is there when it forks.
WITHOUT_THREADS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_SECONDS_TO_ASK = 2.0  # for a whole request: nobody else is served meanwhile
_CREDENTIALS = "=iII"  # process, user, group
REFUSED = "refused: "  # in front of the reason, in the server's log


@dataclass(frozen=True)
class Request:
    """A job as its client asks for it; its files are standard input, output and errors, and a pipe that it holds."""

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    umask: int
    cores: list[int]
    files: list[int]


@dataclass(frozen=True)
class Child:
    """A job that runs: its process, a descriptor that is readable once it has ended, the client who waits for it."""

    process: int
    ended: int
    client: socket.socket


class Server:
    """Clients that ask, and children that run."""

    def __init__(self, listener: socket.socket, own: dict[str, str]) -> None:
        self.listener = listener
        self.own = own
        self.children: dict[int, Child] = {}
        self.has_refused = False
        self.selector = selectors.DefaultSelector()
        self._watch(listener, self._accept)
        self._watch(sys.stdin.fileno(), self._close)

    def serve(self) -> Request | None:
        """Fork a child for every job that is asked for; returns its request in a child, nothing in the server."""
        while self.listener.fileno() >= 0 or self.children:
            # One event at a time, because handling it may close the file of another.
            key, _ = self.selector.select()[0]
            request = key.data()
            if request is not None:
                return request
        return None

    def _watch(self, file: socket.socket | int, when_readable: Callable[[], Request | None]) -> None:
        self.selector.register(file, selectors.EVENT_READ, when_readable)

    def _close(self) -> None:
        """Take no more jobs once the last one who could ask for them is gone."""
        if os.read(sys.stdin.fileno(), 1):
            return
        for file in (sys.stdin.fileno(), self.listener):
            self.selector.unregister(file)
        self.listener.close()

    def _accept(self) -> Request | None:
        """Fork a child for one client; returns the request in the child."""
        try:
            client, _ = self.listener.accept()
        except OSError:  # it was gone before it was looked at
            return None
        request = _read_request(client)
        if request is None or not self._serves(request):
            _refuse(client, request)
            return None
        server = os.getpid()
        try:
            process = os.fork()
        except OSError:  # no memory, or too many processes: an ordinary start may still be possible
            _refuse(client, request)
            return None
        if process == 0:
            self._leave(server, client)
            return request
        with suppress(OSError):  # the child does it too; whoever is first, signals find the group
            os.setpgid(process, process)
        for file in request.files:
            os.close(file)
        child = Child(process, os.pidfd_open(process), client)
        self.children[process] = child
        self._watch(child.ended, lambda: self._end(child))
        self._watch(client, lambda: self._pass_on(child))
        with suppress(OSError):  # a client that is gone is noticed at the next look
            client.sendall(b"s")
        return None

    def _serves(self, request: Request) -> bool:
        """Whether a child can be this job; the first one that cannot is named in the server's log."""
        reason = why_refused(request.environment, self.own)
        if reason and not self.has_refused:
            print(f"{REFUSED}{reason}", file=sys.stderr, flush=True)
            self.has_refused = True
        return not reason

    def _leave(self, server: int, client: socket.socket) -> None:
        """In a child: close the server's files, and die with the server."""
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != server:  # it died before it could be followed
            os._exit(1)
        with suppress(OSError):
            os.setpgid(0, 0)
        self.selector.close()
        self.listener.close()
        client.close()
        for other in self.children.values():
            os.close(other.ended)
            other.client.close()

    def _pass_on(self, child: Child) -> None:
        """Give signals to the job; a job whose client is gone is killed, as its own death would have been."""
        try:
            numbers = child.client.recv(64)
        except OSError:
            numbers = b""
        if not numbers:
            self.selector.unregister(child.client)
            child.client.close()
        for number in numbers or (signal.SIGKILL,):
            if number in signal.valid_signals():
                with suppress(ProcessLookupError):
                    os.killpg(child.process, number)

    def _end(self, child: Child) -> None:
        """Report to the client how its job ended."""
        _, status = os.waitpid(child.process, 0)
        del self.children[child.process]
        self.selector.unregister(child.ended)
        os.close(child.ended)
        if child.client.fileno() >= 0:
            self.selector.unregister(child.client)
            with suppress(OSError):
                child.client.sendall(struct.pack("=i", status))
            child.client.close()


def main(folder: Path, listener: socket.socket) -> None:
    """Serve until standard input is closed and the last job has ended."""
    given = dict(os.environ)
    os.environ.update(WITHOUT_THREADS)
    os.chdir("/")  # what lies in the working folder is no setting of a package
    import_packages()  # a client that connects before they are done waits
    threads = sum(1 for _ in Path("/proc/self/task").iterdir())
    if threads > 1:
        sys.exit(f"{threads} threads are alive after the imports, and a fork would lose all but one")
    request = Server(listener, deciding(given)).serve()
    if request is None:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)  # taking every module apart would take longer than anybody should wait
    become(request)


def import_packages() -> None:
    """Import what can be imported; the jobs that use a package will report what is wrong with it."""
    for name in PACKAGES:
        with suppress(Exception):
            importlib.import_module(name)
        if select.select([sys.stdin], [], [], 0)[0]:  # the run is over before it began: serve who waits, and end
            break
    gc.collect()
    gc.freeze()  # else a child that collects garbage copies every page


def deciding(environment: dict[str, str]) -> dict[str, str]:
    """The variables that count while packages are imported, but those that WITHOUT_THREADS sets."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(READ_ON_IMPORT) and name not in WITHOUT_THREADS and not name.endswith("_NUM_THREADS")
    }


def why_refused(environment: dict[str, str], own: dict[str, str]) -> str:
    """Why a child would not be the job that an ordinary start makes of this environment; empty if it would be."""
    for name, value in environment.items():
        if name.endswith("_NUM_THREADS") and value != "1":
            return f"{name} is {value}, and the server has one thread"
    if "OMP_NUM_THREADS" not in environment:
        return "OMP_NUM_THREADS is not set, and the server has one thread"
    asked = deciding(environment)
    differing = sorted(name for name in {*asked, *own} if asked.get(name) != own.get(name))
    return f"{differing[0]} is not what it was when the server started" if differing else ""


def _read_request(client: socket.socket) -> Request | None:
    """What a client asks for; None if it is another user's, or does not ask in time and in full."""
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize(_CREDENTIALS))
    if struct.unpack(_CREDENTIALS, credentials)[1] != os.getuid():
        return None
    deadline, files = time.monotonic() + _SECONDS_TO_ASK, list[int]()
    client.settimeout(_SECONDS_TO_ASK)
    try:
        length, files, _, _ = socket.recv_fds(client, 4, 4, socket.MSG_CMSG_CLOEXEC)
        text, missing = bytearray(), struct.unpack("=I", length)[0]
        while missing > 0:
            client.settimeout(max(deadline - time.monotonic(), 0.001))
            part = client.recv(min(missing, 1 << 16))
            text += part
            missing -= len(part) or missing  # the end of a text that is too short is no JSON
        request = Request(**json.loads(text), files=files)
        if len(files) != 4 or not request.arguments or not isinstance(request.environment, dict):
            raise ValueError
    except (OSError, ValueError, TypeError, struct.error):
        for file in files:
            os.close(file)
        return None
    client.settimeout(None)
    return request


def _refuse(client: socket.socket, request: Request | None) -> None:
    """Let a client start its job by itself."""
    with suppress(OSError):
        client.sendall(b"n")
    client.close()
    for file in request.files if request is not None else ():
        os.close(file)


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


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file; a child has that of its script
    main(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
