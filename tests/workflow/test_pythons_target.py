"""`make test-pythons` says what it tries; a Python that is missing or too old stops it before anything is installed."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.workspace import ROOT, environment, run

OWN = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
ADVICE = 'name others: make test-pythons PYTHONS="python3.12 python3.13"'


def python(folder: Path, name: str, version: str) -> str:
    """A program that answers the two questions of the Makefile as a Python of this version would."""
    is_too_old = int(version.split(".")[1]) < 11
    program = folder / name
    program.write_text(
        f"""#!/bin/sh
case "$2" in
  *version_info*) exit {int(is_too_old)} ;;
  *platform*) echo {shlex.quote(version)} ;;
esac
"""
    )
    program.chmod(0o755)
    return str(program)


def make(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`make test-pythons ...` where .venv is that of these tests; nothing is to be installed in it."""
    shutil.copy2(ROOT / "Makefile", folder)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "requirements.lock").touch()
    (folder / "pyproject.toml").touch()
    command = ["make", "--no-print-directory", "--assume-old=.venv/.lethe", *arguments, "test-pythons"]
    return run(folder, *command, variables={**environment(), **variables})


@pytest.mark.parametrize("version", [None, "3.10.13", "3.9.18"])
def test_a_python_that_is_missing_or_too_old_is_named_before_any_is_tried(tmp_path: Path, version: str | None) -> None:
    named = "python3.99" if version is None else python(tmp_path, "old", version)
    result = make(tmp_path, f"PYTHONS={python(tmp_path, 'good', '3.12.9')} {named}")
    assert result.returncode != 0 and not (tmp_path / ".venvs").exists()
    assert result.stdout.splitlines()[0] == f"{named} does not start, or is older than 3.11; {ADVICE}"


@pytest.mark.parametrize("named", [[], [OWN]])
def test_without_another_python_it_says_so(tmp_path: Path, named: list[str]) -> None:
    result = make(tmp_path, f"PYTHONS={' '.join(python(tmp_path, 'own', version) for version in named)}")
    assert result.returncode == 0 and result.stdout.endswith(
        'No other Python was tried; name some: make test-pythons PYTHONS="python3.12 python3.13"\n'
    )


def test_every_python_gets_its_own_environment_the_fast_tests_and_the_smoke_study(tmp_path: Path) -> None:
    found = [python(tmp_path, f"python{number}", f"3.{number}.7") for number in (96, 97)]
    result = make(tmp_path, "--dry-run", f"PYTHONS={' '.join(found)}")
    assert result.returncode == 0, result.stdout
    for number, program in zip((96, 97), found, strict=True):
        venv = f".venvs/3.{number}.7"
        for line in (
            f"{program} -m venv --clear {venv}",
            f"{venv}/bin/pip install --quiet --disable-pip-version-check --requirement requirements.lock",
            '-m "not slow and not slurm and not gpu" tests',
            f'"{tmp_path}/{venv}/bin/lethe" run --config "{tmp_path}/studies/smoke.yaml"',
        ):
            assert line in result.stdout, result.stdout


def test_pythons_are_found_on_the_path_and_at_pyenv(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "pyenv/versions/3.13.9/bin").mkdir(parents=True)
    programs = {"3.12.9": "bin/python3.12", "3.13.9": "pyenv/versions/3.13.9/bin/python"}
    found = {version: python(tmp_path, name, version) for version, name in programs.items()}
    path = f"{tmp_path}/bin:/usr/bin:/bin"
    result = make(tmp_path, "--dry-run", PATH=path, PYENV_ROOT=f"{tmp_path}/pyenv")
    assert "Python 3.12.9 (python3.12)" in result.stdout, result.stdout
    assert f"Python 3.13.9 ({found['3.13.9']})" in result.stdout, result.stdout
