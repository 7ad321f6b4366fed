"""A job forked from a warm server is the job that an ordinary start makes, whatever ends early."""

import json
import os
import shlex
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from lethe.run import warm_starts
from lethe.run.warm_starts import Warm

SCRIPTS = {
    # What a job can notice of its surroundings, as JSON; arguments after the first are told too.
    "tell.py": """
        import json, os, sys
        told = {
            "argv": sys.argv, "folder": os.getcwd(), "umask": os.umask(0), "file": __file__, "name": __name__,
            "path": sys.path[:2], "input": sys.stdin.read(), "environment": dict(os.environ),
            "cores": sorted(os.sched_getaffinity(0)), "main": sys.modules["__main__"].__file__,
            "encodings": [sys.stdout.encoding, sys.stderr.errors, sys.stdout.line_buffering],
        }
        print(json.dumps(told))
        print("to the errors", file=sys.stderr)
    """,
    "fail.py": """
        import sys
        import sibling
        def main():
            how = sys.argv[1]
            if how == "code": sys.exit(7)
            if how == "words": sys.exit("in words")
            if how == "error": raise sibling.Refused("told")
            if how == "signal": import os, signal; os.kill(os.getpid(), signal.SIGTERM)
            if how == "interrupt": raise KeyboardInterrupt
        main()
    """,
    "sibling.py": "class Refused(Exception): pass\n",
    # Says its process, then waits for a file; appends a line when it came to its end.
    "work.py": """
        import os, sys, time, signal
        from pathlib import Path
        folder = Path(sys.argv[1])
        if "deaf" not in sys.argv:
            def told(number, _):
                (folder / "signal").write_text(str(number)); sys.exit(40)
            signal.signal(signal.SIGUSR1, told)
        with (folder / "started").open("a") as log: log.write(f"{os.getpid()} {os.getppid()}\\n")
        while not (folder / "go").exists(): time.sleep(0.01)
        with (folder / "ended").open("a") as log: log.write(f"{os.getpid()}\\n")
    """,
    "late.py": """
        import atexit, threading, time
        atexit.register(print, "at exit")
        threading.Thread(target=lambda: (time.sleep(0.1), print("thread"))).start()
        print("main")
    """,
    "numbers.py": """
        import random
        print(random.random())
    """,
}


@dataclass
class Library:
    """A folder of entry scripts with the warm parts of lethe beside them, and what a job of it inherits."""

    folder: Path
    warm: Warm

    def job(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["python", f"scripts/{arguments[0]}", *arguments[1:]],
            cwd=self.folder,
            env={**self.warm.environment, "PWD": str(self.folder), **(environment or {})},
            input="given",
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["python", f"scripts/{arguments[0]}", *arguments[1:]],
            cwd=self.folder,
            env=self.warm.environment,
            stderr=subprocess.DEVNULL,
        )

    def ordinary(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = self.warm.environment["PATH"].partition(os.pathsep)[2]
        return self.job(*arguments, environment={"PATH": path})

    @property
    def server(self) -> psutil.Process:
        """The server of this library, known by the folder of its socket."""
        found: list[psutil.Process] = []
        until(lambda: found.extend(self._servers()) or found)  # a busy machine does not show it at once
        return found[0]

    def _servers(self) -> Iterator[psutil.Process]:
        for child in psutil.Process().children():
            with suppress(psutil.Error):
                if str(self.address.parent) in child.cmdline():
                    yield child

    @property
    def address(self) -> Path:
        return Path(self.warm.environment["PATH"].partition(os.pathsep)[0], warm_starts.SOCKET)


def environment() -> dict[str, str]:
    scripts = str(Path(sys.executable).parent)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}


def write_library(folder: Path) -> Path:
    """Entry scripts, and the server with so few packages that it is there at once."""
    run = folder / "scripts/lethe/run"
    run.mkdir(parents=True)
    for name in ("warm_server.py", "warm_job.py", "warm_client.py"):
        shutil.copy(warm_starts.HERE / name, run)
    text = (run / "warm_server.py").read_text()
    before, _, rest = text.partition("PACKAGES = (")
    (run / "warm_server.py").write_text(f'{before}PACKAGES = ("json",)\n{rest.partition(")  # fmt: skip")[2]}')
    for name, script in SCRIPTS.items():
        lines = script.strip("\n").split("\n")
        indent = len(lines[0]) - len(lines[0].lstrip())
        (folder / f"scripts/{name}").write_text("\n".join(line[indent:] for line in lines))
    return run


@contextmanager
def living(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """A library in a folder, and its server for as long as the block lasts."""
    monkeypatch.setattr(warm_starts, "HERE", write_library(folder))
    with warm_starts.warm_starts(environment()) as warm:
        yield Library(folder, warm)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setattr(warm_starts, "_SECONDS_TO_PART", 30.0)
    with living(tmp_path, monkeypatch) as found:
        yield found


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def started(folder: Path, jobs: int = 1) -> list[tuple[int, int]]:
    """Process and parent of every job of `work.py` that has started."""
    until(lambda: (folder / "started").exists() and len((folder / "started").read_text().splitlines()) >= jobs)
    return [tuple(map(int, line.split())) for line in (folder / "started").read_text().splitlines()]  # type: ignore[misc]


def is_gone(process: int) -> bool:
    try:
        return psutil.Process(process).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # also where it ends between two looks
        return True


def test_a_job_sees_what_it_would_see_of_an_ordinary_start(library: Library) -> None:
    warm, ordinary = library.job("tell.py", "a b", ""), library.ordinary("tell.py", "a b", "")
    assert warm.returncode == ordinary.returncode == 0, warm.stderr
    assert warm.stderr == ordinary.stderr == "to the errors\n"
    assert json.loads(warm.stdout) == json.loads(ordinary.stdout)
    assert json.loads(warm.stdout)["input"] == "given"


@pytest.mark.slow
@pytest.mark.parametrize("how", ["code", "words", "error", "signal", "interrupt", "nothing"])
def test_a_job_ends_as_it_would_end(library: Library, how: str) -> None:
    warm, ordinary = library.job("fail.py", how), library.ordinary("fail.py", how)
    assert (warm.returncode, warm.stdout, warm.stderr) == (ordinary.returncode, ordinary.stdout, ordinary.stderr)
    assert "warm" not in warm.stderr


@pytest.mark.slow
def test_what_a_job_does_at_its_end_is_done(library: Library) -> None:
    assert library.job("late.py").stdout == library.ordinary("late.py").stdout == "main\nthread\nat exit\n"


def test_a_job_is_a_child_of_the_server_and_goes_by_its_own_name(library: Library) -> None:
    job = library.start("work.py", ".")
    ((process, parent),) = started(library.folder)
    assert parent == library.server.pid
    assert [part for part in psutil.Process(process).cmdline() if part] == ["python", "scripts/work.py", "."]
    (library.folder / "go").touch()
    assert job.wait(20) == 0


def test_an_edited_file_counts_at_once(library: Library) -> None:
    assert library.job("numbers.py").returncode == 0
    (library.folder / "scripts/numbers.py").write_text("import sibling; print(sibling.WORD)")
    (library.folder / "scripts/sibling.py").write_text("WORD = 'new'")
    assert library.job("numbers.py").stdout == "new\n"


def test_no_two_jobs_draw_the_same_numbers(library: Library) -> None:
    assert len({library.job("numbers.py").stdout for _ in range(4)}) == 4


def is_warm(library: Library, **changed: str) -> bool:
    """Whether a job of this environment is the server's child."""
    (library.folder / "scripts/parent.py").write_text("import os; print(os.getppid())")
    found = library.job("parent.py", environment=changed)
    assert found.returncode == 0, found.stderr
    return int(found.stdout) == library.server.pid


@pytest.mark.slow
@pytest.mark.parametrize(
    "changed",
    [
        {"OMP_NUM_THREADS": "2"},
        {"NUMEXPR_NUM_THREADS": "4"},
        {"PYTHONHASHSEED": "3"},
        {"MPLBACKEND": "svg"},
        {"SLURM_JOB_ID": "17"},
        {"LC_ALL": "POSIX"},
    ],
)
def test_a_job_that_packages_would_see_otherwise_starts_ordinarily(library: Library, changed: dict[str, str]) -> None:
    assert is_warm(library, CUDA_VISIBLE_DEVICES="1", SOMETHING="else")
    assert not is_warm(library, **changed)


def test_another_interpreter_that_comes_first_is_left_alone(library: Library) -> None:
    other = library.folder / "conda/bin"
    other.mkdir(parents=True)
    (other / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (other / "python").chmod(0o755)
    assert not is_warm(library, PATH=f"{other}{os.pathsep}{library.warm.environment['PATH']}")


def test_other_commands_start_ordinarily(library: Library) -> None:
    (library.folder / "elsewhere.py").write_text("import os; print(os.getppid())")
    for command in (["elsewhere.py"], ["-c", "import os; print(os.getppid())"]):
        found = subprocess.run(
            ["python", *command], cwd=library.folder, env=library.warm.environment, capture_output=True, check=True
        )
        assert int(found.stdout) == os.getpid()


def test_a_killed_client_kills_its_job(library: Library) -> None:
    client = library.start("work.py", ".", "deaf")
    ((process, _),) = started(library.folder)
    client.kill()
    client.wait()
    until(lambda: is_gone(process))
    assert not (library.folder / "ended").exists()
    assert library.job("tell.py").returncode == 0


def test_signals_reach_the_job(library: Library) -> None:
    client = library.start("work.py", ".")
    started(library.folder)
    client.send_signal(signal.SIGUSR1)
    assert client.wait(20) == 40
    assert (library.folder / "signal").read_text() == str(int(signal.SIGUSR1))


@pytest.fixture
def slow_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """A library whose server imports for a second before it looks at anybody."""
    run = write_library(tmp_path)
    (tmp_path / "late_import.py").write_text("import time; time.sleep(1)")
    server = run / "warm_server.py"
    server.write_text(server.read_text().replace('PACKAGES = ("json",)', 'PACKAGES = ("late_import",)'))
    monkeypatch.setattr(warm_starts, "HERE", run)
    monkeypatch.setattr(warm_starts, "_SECONDS_TO_PART", 30.0)
    with warm_starts.warm_starts({**environment(), "PYTHONPATH": str(tmp_path)}) as warm:
        yield Library(tmp_path, warm)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_client_that_is_ended_before_the_server_is_ready_leaves_no_job(slow_library: Library, number: int) -> None:
    client = slow_library.start("work.py", ".", "deaf")
    until(lambda: "warm_client.py" in " ".join(psutil.Process(client.pid).cmdline()))
    time.sleep(0.2)
    client.send_signal(number)
    assert client.wait(20) == -number
    assert slow_library.job("tell.py").returncode == 0  # by now the server has seen them all
    until(lambda: len(slow_library.server.children()) == 0)
    assert not (slow_library.folder / "ended").exists()


def test_one_signal_among_many_jobs_that_end_hurts_none(library: Library) -> None:
    clients = [library.start("tell.py") for _ in range(12)]
    for client in clients[::3]:
        client.kill()
    assert [client.wait(20) for client in clients if client not in clients[::3]] == [0] * 8
    for client in clients[::3]:
        client.wait(20)
    assert is_warm(library)


def test_what_was_ignored_stays_ignored(library: Library) -> None:
    client = subprocess.Popen(
        ["sh", "-c", "trap '' HUP; exec python scripts/work.py . deaf"],
        cwd=library.folder,
        env=library.warm.environment,
    )
    started(library.folder)
    client.send_signal(signal.SIGHUP)
    (library.folder / "go").touch()
    assert client.wait(20) == 0


@pytest.mark.slow
def test_a_silent_client_keeps_nobody_waiting_for_long(library: Library) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(library.address))
        begin = time.monotonic()
        assert is_warm(library)
        assert time.monotonic() - begin < 8


def test_the_first_refusal_is_reported_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(warm_starts, "_SECONDS_TO_PART", 30.0)
    with living(tmp_path, monkeypatch) as library:
        assert not is_warm(library, NUMEXPR_NUM_THREADS="4") and not is_warm(library, PYTHONHASHSEED="7")
    assert capsys.readouterr().err == (
        "Some jobs could not start warm: NUMEXPR_NUM_THREADS is 4, and the server has one thread; "
        "they were started by themselves.\n"
    )


def test_without_a_folder_for_the_socket_jobs_start_ordinarily(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(**_: object) -> str:
        raise OSError("no space left on device")

    monkeypatch.setattr(warm_starts.tempfile, "mkdtemp", full)
    given = environment()
    with warm_starts.warm_starts(given) as warm:
        assert warm == Warm(given)
    assert capsys.readouterr().err == "No warm starts, as no space left on device; jobs are started one by one.\n"


@pytest.mark.gpu
def test_a_child_computes_on_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(warm_starts.HERE, tmp_path / "scripts/lethe/run", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(warm_starts, "HERE", tmp_path / "scripts/lethe/run")
    (tmp_path / "scripts/compute.py").write_text(
        "import os, torch\nprint(os.getppid(), float((torch.ones(3, device='cuda') * 2).sum()))\n"
    )
    with warm_starts.warm_starts(environment()) as warm:
        library = Library(tmp_path, warm)
        assert [library.job("compute.py").stdout for _ in range(2)] == [f"{library.server.pid} 6.0\n"] * 2


def test_a_killed_job_ends_its_client_the_same_way(library: Library) -> None:
    client = library.start("work.py", ".")
    ((process, _),) = started(library.folder)
    os.kill(process, signal.SIGKILL)
    assert client.wait(20) == -signal.SIGKILL


def test_where_the_server_is_dead_jobs_start_ordinarily(library: Library) -> None:
    server = library.server
    server.kill()
    until(lambda: is_gone(server.pid))
    assert library.job("tell.py").returncode == 0


def test_a_job_whose_server_dies_is_done_again_after_its_death(library: Library) -> None:
    client = library.start("work.py", ".")
    ((first, _),) = started(library.folder)
    library.server.kill()
    _, (second, parent) = started(library.folder, 2)
    assert is_gone(first) and second == client.pid and parent == os.getpid()
    (library.folder / "go").touch()
    assert client.wait(20) == 0
    assert (library.folder / "ended").read_text() == f"{second}\n"


def test_a_server_that_died_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with living(tmp_path, monkeypatch) as library:
        library.server.kill()
    assert "Warm starts ended early; jobs were started one by one." in capsys.readouterr().err
    assert not library.address.parent.exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it is meant to be left behind
def test_a_server_ends_when_the_last_who_could_ask_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with living(tmp_path, monkeypatch) as library:
        server = library.server
        holder = subprocess.Popen(["sleep", "60"], pass_fds=library.warm.lifeline)
        client = library.start("work.py", ".")
        started(tmp_path)
        monkeypatch.setattr(warm_starts, "_SECONDS_TO_PART", 0.1)
    assert not is_gone(server.pid)  # Snakemake lives
    assert library.job("tell.py").returncode == 0
    holder.kill()
    holder.wait()
    until(lambda: library.job("tell.py").returncode == 0)
    assert not is_gone(server.pid)  # a job is left
    (tmp_path / "go").touch()
    assert client.wait(20) == 0
    until(lambda: is_gone(server.pid))
    assert not library.address.parent.exists()
    assert capsys.readouterr().err == ""


def test_only_its_user_reaches_the_server(library: Library) -> None:
    folder, address = library.address.parent, library.address
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(address.stat().st_mode) == 0o600
    if os.getuid() != 0:
        return  # nobody else can be asked to try
    for part in (address, folder):
        assert as_nobody(lambda: socket.socket(socket.AF_UNIX).connect(str(address))) == "PermissionError"
        part.chmod(0o777)

    def ask() -> str:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(address))
            socket.send_fds(client, [struct.pack("=I", 2)], [0, 1, 2, 2])
            client.sendall(b"{}")
            return repr(client.recv(1))

    # Even where the file system lets another user in, the server does not listen to them.
    assert as_nobody(ask) in ("b'n'", "BrokenPipeError", "ConnectionResetError")


def as_nobody(act: Callable[[], object]) -> str:
    """What an act gives, or the error that it meets, as a user without rights."""
    read_end, write_end = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            told = str(act())
        except OSError as error:
            told = type(error).__name__
        os.write(write_end, told.encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as told_by_child:
        told = told_by_child.read()
    os.waitpid(process, 0)
    return told


def test_nonsense_is_refused_and_serves_nobody(library: Library) -> None:
    for words in (b"", b"\0", b"\xff\xff\0\0{}", b"\x02\0\0\0{}", b"\x02\0\0\0[]"):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(library.address))
            if words:
                client.sendall(words)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) in (b"n", b"")
    assert is_warm(library)


def test_a_long_folder_for_temporary_files_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(warm_starts.tempfile, "gettempdir", lambda: str(long))
    folder = warm_starts._private_folder()
    assert folder.parent == Path("/tmp")
    folder.rmdir()


def test_folders_of_killed_servers_are_removed_and_living_ones_kept(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = Path(tempfile.mkdtemp(prefix="warm", dir="/tmp"))
    monkeypatch.setattr(warm_starts.tempfile, "gettempdir", lambda: str(parent))
    first, second = (warm_starts._private_folder() for _ in range(2))
    with warm_starts._listening(first / warm_starts.SOCKET):
        warm_starts._listening(second / warm_starts.SOCKET).close()
        young = warm_starts._private_folder()
        assert second.exists()  # it may be about to listen
        for folder in (first, second):
            os.utime(folder / warm_starts.SOCKET, (1, 1))
        third = warm_starts._private_folder()
        assert first.exists() and young.exists() and third.exists() and not second.exists()
    shutil.rmtree(parent)


@pytest.mark.parametrize(
    ("arguments", "jobs"),
    [
        (["snakemake", "--target-jobs", "compress:a", "measure:b", "--allowed-rules", "compress"], 2),
        (["snakemake", "--target-jobs", "train:a", "--mode", "remote"], 1),
        (["snakemake", "--cores", "2"], 0),
    ],
)
def test_jobs_of_a_group_are_counted(arguments: list[str], jobs: int) -> None:
    assert warm_starts.jobs_of_group(arguments) == jobs


GROUP = ["snakemake", "--target-jobs", "a:", "b:"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "arguments", "is_started"),
    [
        ({}, GROUP, True),
        ({warm_starts.SWITCH: "0"}, GROUP, False),
        ({"SLURM_STEP_ID": None}, GROUP, False),
        ({}, GROUP[:3], False),
        ({}, ["snakemake"], False),
    ],
)
def test_a_group_in_an_allocation_has_a_server_that_ends_with_it(
    changed: dict[str, str | None], arguments: list[str], is_started: bool, tmp_path: Path
) -> None:
    run = write_library(tmp_path)
    script = f"""
import os, subprocess, sys
from pathlib import Path
from lethe.run import warm_starts
warm_starts.HERE = Path({str(run)!r})
warm_starts.start_in_allocation({arguments!r})
Path("scripts/parent.py").write_text("import os; print(os.getppid())")
print(os.getpid(), subprocess.run(["python", "scripts/parent.py"], capture_output=True, text=True).stdout)
print(os.environ["PATH"].split(":")[0])
"""
    given = {**environment(), "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "PYTHONPATH": str(warm_starts.HERE.parents[1])}
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={name: value for name, value in (given | changed).items() if value is not None},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert (told[0] != told[1]) == is_started
    if is_started:
        until(lambda: not Path(told[2]).exists())
        until(lambda: is_gone(int(told[1])))


def test_elsewhere_than_on_linux_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    given = environment()
    with warm_starts.warm_starts(given) as warm:
        assert warm == Warm(given)


@pytest.mark.slow
def test_the_real_server_has_one_thread_no_lethe_no_device_and_answers_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(warm_starts.HERE, tmp_path / "scripts/lethe/run", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(warm_starts, "HERE", tmp_path / "scripts/lethe/run")
    (tmp_path / "scripts/look.py").write_text(
        "import json, os, sys\n"
        "known = [name for name in sys.modules if name.split('.')[0] == 'lethe']\n"
        "packages = {'torch', 'pandas', 'pyarrow', 'pydantic', 'typer', 'seaborn'} - set(sys.modules)\n"
        "import numpy, torch\n"
        "print(json.dumps([os.getppid(), known, sorted(packages), torch.cuda.is_initialized(),\n"
        "    torch.initial_seed(), numpy.random.random(), torch.get_num_threads()]))\n"
    )
    (tmp_path / "scripts/nothing.py").touch()
    with warm_starts.warm_starts(environment()) as warm:
        library = Library(tmp_path, warm)
        looks = [json.loads(library.job("look.py").stdout) for _ in range(2)]
        server = library.server
        assert looks[0][:4] == [server.pid, [], [], False]
        assert looks[0][4] != looks[1][4] and looks[0][5] != looks[1][5]
        assert looks[0][6] == 1
        assert server.num_threads() == 1
        used, took = [], []
        for _ in range(5):
            before, begin = server.children(), time.perf_counter()
            assert library.job("nothing.py").returncode == 0 and before == []
            took.append(time.perf_counter() - begin)
            used.append(server.cpu_times())
        # By processor time, for the machine may be busy; on a quiet one it takes a tenth of a second (benchmarks).
        assert (
            used[-1].children_user + used[-1].children_system - used[0].children_user - used[0].children_system
        ) / 4 < 0.3
        assert min(took) < 1.0
