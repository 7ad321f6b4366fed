"""The environment of jobs: what a user has set for other programs is not in it, what jobs need is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lethe.run import environment
from lethe.run.environment import stated, with_python
from lethe.run.warm_server import READ_ON_IMPORT
from support.settings import FATAL, SETTINGS

ROOT = Path(__file__).resolve().parents[3]
NEEDED = {
    "CUDA_VISIBLE_DEVICES": "1",
    "LD_LIBRARY_PATH": "/opt/cuda/lib64",
    "SLURM_JOB_ID": "17",
    "http_proxy": "http://proxy",
    "LETHE_WARM_STARTS": "1",
    "OMP_NUM_THREADS": "1",
    "ATEN_CPU_CAPABILITY": "avx2",
    "PYTHONDONTWRITEBYTECODE": "1",
    "ENVIRONMENT_MODULES": "yes",
}


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, str]:
    """What a login shell has, and nothing else."""
    (tmp_path / "home").mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "USER": "me", "LOGNAME": "me"}


@pytest.mark.parametrize(("name", "value"), (SETTINGS | FATAL).items())
def test_a_setting_of_the_user_changes_nothing(plain: dict[str, str], name: str, value: str) -> None:
    assert stated({**plain, name: value}) == stated(plain)


@pytest.mark.parametrize(("name", "value"), NEEDED.items())
def test_what_says_where_a_job_is_stays(plain: dict[str, str], name: str, value: str) -> None:
    assert stated({**plain, name: value}) == {**stated(plain), name: value}


def test_stating_it_twice_changes_nothing(plain: dict[str, str]) -> None:
    once = stated({**plain, **SETTINGS, **NEEDED, "TMPDIR": "/nonexistent"})
    assert stated(once) == once


def test_what_packages_read_on_import_is_stated_or_kept_for_a_reason() -> None:
    """Else a warm server would have it from the user, whose next job might not."""
    unknown = [
        name
        for name in READ_ON_IMPORT
        if not environment.is_foreign(name)
        and name not in ("LD_", "TZ", "MALLOC_", "JE_ARROW_", "SLURM_JOB_ID", "LANG")
    ]
    assert unknown == []


@pytest.mark.parametrize("kind", ["missing", "file", "kept"])
def test_a_folder_for_temporary_files_that_cannot_be_used_is_none(
    plain: dict[str, str], tmp_path: Path, kind: str
) -> None:
    given = tmp_path / "tmp"
    if kind == "file":
        given.touch()
        given.chmod(0o600)
    if kind == "kept":
        given.mkdir()
    assert (stated({**plain, "TMPDIR": str(given)}).get("TMPDIR") == str(given)) == (kind == "kept")


@pytest.mark.parametrize("home", ["/proc/unwritable", "/dev/null", "file", None])
def test_a_home_that_cannot_be_written_is_replaced_for_caches(
    plain: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    if home is None:
        del plain["HOME"]
        monkeypatch.setattr(environment.Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    else:
        plain["HOME"] = str(tmp_path / home)
    found = stated(plain)
    here = tmp_path / ".snakemake/lethe/cache"
    assert found["HOME" if home is None else "XDG_CACHE_HOME"] == str(here)
    assert Path(found["MPLCONFIGDIR"]).is_relative_to(here)


def test_a_user_whom_the_system_does_not_know_has_a_name(
    plain: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(environment.getpass, "getuser", unknown)
    del plain["USER"], plain["LOGNAME"]
    found = stated(plain)
    assert found["USER"] == found["LOGNAME"] == str(os.getuid())


def command(folder: Path, name: str = "python") -> Path:
    folder.mkdir()
    (folder / name).write_text("#!/bin/sh\nexit 3\n")
    (folder / name).chmod(0o755)
    return folder


def test_python_is_the_one_that_runs_this(tmp_path: Path) -> None:
    other, own = command(tmp_path / "other"), Path(sys.executable).parent
    assert with_python(f"{other}:/usr/bin").startswith(f"{own}:{other}")
    assert with_python(str(own)) == str(own)
    (tmp_path / "alias").symlink_to(own)
    assert with_python(str(tmp_path / "alias")) == str(tmp_path / "alias")
    assert with_python("") == f"{own}:"


def test_a_warm_server_that_stands_first_stays_first(tmp_path: Path) -> None:
    folder = command(tmp_path / "warm")
    (folder / "socket").touch()
    assert with_python(f"{folder}:/usr/bin") == f"{folder}:/usr/bin"


def test_a_python_in_a_folder_that_cannot_stand_on_a_path_is_called_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a: 'b'"
    folder.mkdir()
    (folder / "python").symlink_to(sys.executable)
    monkeypatch.setattr(environment.sys, "executable", str(folder / "python"))
    monkeypatch.setenv("TMPDIR", str(folder))
    environment._folder_of_python.cache_clear()
    path = with_python("/usr/bin:/bin")
    assert ":" not in path.removesuffix(":/usr/bin:/bin")
    told = subprocess.run(
        ["python", "-c", "print(6 * 7)"], env={"PATH": path}, capture_output=True, text=True, check=True
    )
    assert told.stdout == "42\n"
    environment._folder_of_python.cache_clear()


@pytest.mark.parametrize(("mask", "left"), [(0o777, 0o077), (0o077, 0o077), (0o022, 0o022), (0o700, 0o000)])
def test_who_makes_a_file_may_read_it(mask: int, left: int) -> None:
    code = f"import os; os.umask({mask}); from lethe.run import environment; environment.take_on(); print(os.umask(0))"
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "workflow/scripts")}
    told = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    assert int(told.stdout) == left


@pytest.mark.slow
def test_the_command_takes_no_module_of_a_foreign_path(tmp_path: Path) -> None:
    for module in ("yaml", "random", "pydantic", "typer", "numpy", "rich"):
        (tmp_path / f"{module}.py").write_text(f"raise RuntimeError('not the real {module}')")
    words = ["lethe", "status", "--config", "studies/smoke.yaml"]
    code = f"import sys; sys.argv = {words}; from lethe.run.app import main; main()"
    variables = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT / 'workflow/scripts'}", "PYTHONWARNINGS": "error"}
    told = subprocess.run(
        [sys.executable, "-c", code], env=variables, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert "magnitude_global" in told.stdout
