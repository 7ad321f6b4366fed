"""A process that has imported what jobs import, and forks one child for each of them.

It never imports lethe: a child (`warm_job.py`) reads the library anew, so that an edited file counts at once. It has no
thread besides its first when it forks, and touches no device. It serves its own user alone, ends when whoever holds the
other end of its standard input is gone and the last child has ended, and takes its children with it when it is killed.

    python warm_server.py FOLDER LISTENER ROOM

LISTENER is the number of an open socket, which lies in FOLDER, to be removed in the end. ROOM is a string of spaces: a
child writes its own command line over it, so that `ps` tells jobs apart.
"""

import ctypes
import gc
import importlib
import json
import os
import select
import selectors
import shutil
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from lethe.run.warm_job import Request, become
else:  # started as a program, whose folder comes first on the path
    from warm_job import Request, become

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


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file; a child has that of its script
    main(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
