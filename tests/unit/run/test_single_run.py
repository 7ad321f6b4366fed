"""Who owns a folder: a live run, a dead one, one on another host."""

import errno
import fcntl
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lethe.core.errors import BusyError, ConfigError
from lethe.run import single_run
from lethe.run.single_run import is_main_snakemake, run_snakemake, workflow_arguments

HERE = socket.gethostname()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a Snakemake lock; Snakemake itself is replaced by a program that does nothing."""
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.input.lock").touch()
    (tmp_path / "snakemake.py").write_text("import sys; sys.exit(int(sys.argv[1]))")
    monkeypatch.setattr(single_run.signal, "signal", lambda *_: None)  # pytest keeps its own handlers
    return tmp_path


def sign(folder: Path, content: str) -> Path:
    lock = folder / ".snakemake/lethe/run.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(content)
    return lock


def log(folder: Path, name: str, text: str) -> None:
    (folder / ".snakemake/log").mkdir(exist_ok=True)
    (folder / f".snakemake/log/{name}.snakemake.log").write_text(text)


def is_locked(folder: Path) -> bool:
    return any((folder / ".snakemake/locks").iterdir())


@pytest.mark.parametrize("status", [0, 1, 3])
def test_the_exit_status_is_snakemakes(folder: Path, status: int) -> None:
    assert run_snakemake([str(status)], folder) == status


@pytest.mark.parametrize("signed", [None, "", "half a li", json.dumps({"host": HERE, "process": 7})])
def test_the_lock_of_a_dead_run_is_cleared(
    folder: Path, signed: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if signed is not None:
        sign(folder, signed)
    assert run_snakemake(["0"], folder) == 0
    assert not is_locked(folder)
    assert capsys.readouterr().err == "An earlier run died and left its lock; cleared.\n"
    assert run_snakemake(["0"], folder) == 0
    assert capsys.readouterr().err == ""


def test_a_live_owner_is_named_and_its_lock_kept(folder: Path) -> None:
    lock = sign(folder, json.dumps({"host": HERE, "process": 4711}))
    descriptor = os.open(lock, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(BusyError, match=rf"process 4711 on host {HERE}\); wait for it, or stop it first"):
        run_snakemake(["0"], folder)
    assert is_locked(folder) and json.loads(lock.read_text())["process"] == 4711
    os.close(descriptor)
    assert run_snakemake(["0"], folder) == 0


def test_another_hosts_lock_is_refused_until_it_is_unlocked(folder: Path) -> None:
    sign(folder, json.dumps({"host": "node17", "process": 7}))
    with pytest.raises(BusyError, match=r"host node17.*snakemake --unlock"):
        run_snakemake(["0"], folder)
    assert is_locked(folder)
    (folder / ".snakemake/locks/0.input.lock").unlink()
    assert run_snakemake(["0"], folder) == 0


def test_a_lock_taken_by_hand_is_known_from_snakemakes_log(folder: Path) -> None:
    sign(folder, json.dumps({"host": HERE, "process": 7}))
    log(folder, "2020-01-01T000000.1", f"  Host: {HERE}\n")
    log(folder, "2020-01-02T000000.1", "SNAKEMAKE\n  Host: node17\n  User: me\n")
    # These ran here later, but took no lock: a dry run, a look with --nolock, one that was refused.
    log(folder, "2020-01-03T000000.1", "Building DAG of jobs...\n")
    log(folder, "2020-01-04T000000.1", f"  Host: {HERE}\n  Command: snakemake --summary --nolock\n")
    log(folder, "2020-01-05T000000.1", f"  Host: {HERE}\nLockException:\nDirectory cannot be locked.\n")
    with pytest.raises(BusyError, match="host node17"):
        run_snakemake(["0"], folder)
    log(folder, "2020-01-06T000000.1", f"  Host: {HERE}\n")
    assert run_snakemake(["0"], folder) == 0


@pytest.mark.parametrize(
    ("command", "owns"),
    [
        ("python -m snakemake --cores 2", True),
        ("python -W ignore -m snakemake --cores 2", True),
        ("/opt/venv/bin/python3 /opt/venv/bin/snakemake --profile profiles/slurm", True),
        ("snakemake -p -j 4", True),
        ("python -m snakemake --mode remote train", False),
        ("snakemake -n", False),
        ("snakemake -np --configfile studies/smoke.yaml", False),
        ("snakemake --dry-run", False),
        ("snakemake --dryrun", False),
        ("snakemake --summary --nolock", False),
        ("snakemake --lint", False),
        ("python workflow/scripts/train.py results/a.safetensors", False),
        ("vim rules/snakemake.smk", False),
        ("python -Im snakemake --cores 2", True),
        ("python -Wignore -msnakemake --cores 2", True),
        ("python3.12 -X dev -E /opt/venv/bin/snakemake --cores 2", True),
        ("python -m snakemake --mode=subprocess", False),
        ("vim snakemake", False),
        ("tmux new-session -s snakemake", False),
        ("less snakemake", False),
        ("bash /usr/local/bin/snakemake", False),  # what it starts is looked at itself
        ("man snakemake", False),
        ("python notebook.py snakemake", False),
        ("python -m http.server snakemake", False),
        ("python -c pass snakemake", False),
        ("python -", False),
        ("python", False),
        ("", False),
    ],
)
def test_what_counts_as_a_run(command: str, owns: bool) -> None:
    assert is_main_snakemake(command.split()) is owns
    assert not is_main_snakemake(command.split(), "/usr/bin/vim")
    assert is_main_snakemake(command.split(), "/usr/bin/python3.11") is owns


@pytest.mark.parametrize(
    "words", [["sleep 60", "snakemake"], ["python", "-m", "snakemake"], ["snakemake", "--cores", "2"]]
)
def test_a_foreign_process_may_have_any_words(folder: Path, words: list[str]) -> None:
    """An editor, a terminal multiplexer: what it is called does not count, but what it is."""
    code = f"import os; os.execv('/bin/sleep', {[*words[:1], '60']!r})"
    foreign = subprocess.Popen([sys.executable, "-c", code, *words], cwd=folder)
    try:
        assert run_snakemake(["0"], folder) == 0
    finally:
        foreign.kill()
        foreign.wait()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_told_and_its_runs_are_known_otherwise(
    folder: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert run_snakemake(["0"], folder) == 0
    assert "no locks on this file system: start no second run here" in capsys.readouterr().err
    (folder / ".snakemake/locks/0.input.lock").touch()
    sign(folder, json.dumps({"host": "node17", "process": 7}))
    with pytest.raises(BusyError, match=r"host node17.*snakemake --unlock"):
        run_snakemake(["0"], folder)


@pytest.mark.parametrize("kind", ["link", "dangling"])
def test_a_link_in_place_of_the_run_lock_is_not_followed(folder: Path, kind: str) -> None:
    victim = folder / "victim"
    if kind == "link":
        victim.write_text("precious")
    sign(folder, "").unlink()
    (folder / ".snakemake/lethe/run.lock").symlink_to(victim)
    with pytest.raises(OSError) as caught:
        run_snakemake(["0"], folder)
    assert caught.value.errno == errno.ELOOP
    assert victim.read_text() == "precious" if kind == "link" else not victim.exists()


@pytest.mark.parametrize("place", ["Snakefile", "workflow/Snakefile"])
def test_a_folder_with_a_workflow_of_its_own_runs_that_one(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).touch()
    (tmp_path / "profiles/local").mkdir(parents=True)
    assert workflow_arguments(tmp_path, Path("profiles/local")) == ["--profile", "profiles/local"]


def test_another_folder_runs_the_workflow_beside_the_library_and_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    snakefile = ["--snakefile", str(single_run.WORKFLOW / "Snakefile")]
    beside = str(single_run.WORKFLOW / "profiles/slurm")
    assert workflow_arguments(tmp_path) == snakefile
    assert capsys.readouterr().err.startswith(f"No Snakefile here: the one in {single_run.WORKFLOW} is taken")
    assert workflow_arguments(tmp_path, Path("profiles/slurm")) == [*snakefile, "--profile", beside]
    assert workflow_arguments(tmp_path, Path("profiles/none"))[-1] == "profiles/none"  # Snakemake says what it misses
    (tmp_path / "profiles/slurm").mkdir(parents=True)
    assert workflow_arguments(tmp_path, Path("profiles/slurm"))[-1] == "profiles/slurm"
    monkeypatch.setattr(single_run, "WORKFLOW", tmp_path / "installed")
    with pytest.raises(ConfigError, match=rf"no Snakefile in {tmp_path}; change into Lethe's folder"):
        workflow_arguments(tmp_path)
