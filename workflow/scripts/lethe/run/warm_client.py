"""What stands first on the PATH as `python` while `lethe run` lives: it asks the warm server to be this job.

It hands over arguments, folder, environment and open files, passes signals on, and ends as the job ends. Whatever the
server cannot do becomes an ordinary start: another command than an entry script, a server that is gone or refuses, or
one that dies before the job has ended. Started without site-packages, for it runs once per job: the standard library
alone, and little of it.

    python -I -S warm_client.py SOCKET ARGUMENT...
"""

import contextlib
import json
import os
import signal
import socket
import struct
import sys

SCRIPTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
SECONDS_TO_START = 120.0  # after which a server that imports is taken for one that hangs


def main() -> None:
    """Be the job that the arguments name, warm where that can be had."""
    address, *arguments = sys.argv[1:]
    _restore_path(os.path.dirname(address))
    if _is_entry_script(arguments):
        received: list[int] = []
        status = _ask(address, arguments, received)
        if status is not None:
            _end_as(status)
        for number in received:  # a job that was told to end while it had none is not started again
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
    os.execv(sys.executable, [sys.executable, *arguments])


def _restore_path(ours: str) -> None:
    """What a job starts by itself finds the PATH as it was."""
    parts = os.environ.get("PATH", "").split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(part for part in parts if part != ours)


def _is_entry_script(arguments: list[str]) -> bool:
    """Whether this is `python workflow/scripts/x.py ...`: everything else is none of the server's business."""
    script = os.path.realpath(arguments[0]) if arguments else ""
    return script.endswith(".py") and os.path.dirname(script) == SCRIPTS and os.path.isfile(script)


def _ask(address: str, arguments: list[str], received: list[int]) -> int | None:
    """The status that the job's process ended with, as `waitpid` gives it; None if an ordinary start is needed.

    The job holds one end of a pipe. If the server dies, its jobs die with it; an ordinary start waits for that.

    Args: received: gets the signals that were to be passed on.
    """
    request = json.dumps({
        "arguments": arguments,
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "umask": _umask(),
        "cores": sorted(os.sched_getaffinity(0)),
    }).encode()  # fmt: skip
    alive, held_by_job = os.pipe()
    server = socket.socket(socket.AF_UNIX)
    # A signal that is ignored stays ignored: `nohup` means the jobs as well.
    forwarded = [number for number in FORWARDED if signal.getsignal(number) != signal.SIG_IGN]
    status = b""
    try:
        server.connect(address)
        if _user_of(server) != os.getuid():
            return None
        signal.pthread_sigmask(signal.SIG_BLOCK, forwarded)  # until they can be passed on, behind the request
        server.settimeout(SECONDS_TO_START)
        socket.send_fds(server, [struct.pack("=I", len(request))], [0, 1, 2, held_by_job])
        os.close(held_by_job)
        server.sendall(request)
        for number in forwarded:
            signal.signal(number, lambda number, _: _pass_on(server, number, received))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, forwarded)
        if server.recv(1) != b"s":  # started
            return None
        server.settimeout(None)
        status = server.recv(4, socket.MSG_WAITALL)
    except TimeoutError:
        return None
    except OSError:
        pass
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, forwarded)
        server.close()
    if len(status) == 4:
        return int(struct.unpack("=i", status)[0])
    with contextlib.suppress(OSError):
        os.close(held_by_job)  # where nothing was sent
    while os.read(alive, 1):
        pass
    return None


def _pass_on(server: socket.socket, number: int, received: list[int]) -> None:
    """Let the server give a signal to the job; an error in a handler would hide how the job ends."""
    received.append(number)
    with contextlib.suppress(OSError):
        server.send(bytes([number]))


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def _user_of(server: socket.socket) -> int:
    """Whose process listens at the other end."""
    credentials = server.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("=iII"))
    return int(struct.unpack("=iII", credentials)[1])


def _end_as(status: int) -> None:
    """End with the job's exit code, or by the signal that ended it."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 1)


if __name__ == "__main__":
    main()
