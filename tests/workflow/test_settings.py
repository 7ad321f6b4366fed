"""What a user has set for other programs changes no byte of a study: all of it is set against a whole run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.faults import CONFIG, artefacts

pytestmark = pytest.mark.slow
SHADOWS = ("random", "yaml", "numpy", "pandas", "torch", "typer", "matplotlib", "filelock")


def hostile(folder: Path) -> dict[str, str]:
    """An environment in which everything that a user can set is set, and a folder with what it names."""
    theirs = folder / "theirs"
    (theirs / "modules").mkdir(parents=True)
    for name in SHADOWS:
        (theirs / f"modules/{name}.py").write_text("raise RuntimeError('a module of the user')\n")
    (theirs / "startup.py").write_text("print('the start of the user')\n")
    (theirs / "bashrc").write_text("echo 'the shell of the user'; python() { exit 3; }; export -f python\n")
    (theirs / "bin").mkdir()
    (theirs / "bin/python").write_text("#!/bin/sh\necho 'the Python of the user'\nexit 3\n")
    (theirs / "bin/python").chmod(0o755)
    settings = (
        "text.usetex: True\nsavefig.bbox: tight\nfont.size: 30\naxes.formatter.use_locale: True\nbackend: TkAgg\n"
    )
    settings += "# schön, in an encoding that Matplotlib cannot read\n"
    for place in (folder / "matplotlibrc", theirs / "config/matplotlib/matplotlibrc"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(settings, encoding="latin-1")
    return {
        "PATH": f"{theirs / 'bin'}:/usr/bin:/bin",
        "HOME": "/proc/unwritable",
        "XDG_CONFIG_HOME": str(theirs / "config"),
        "TMPDIR": str(folder / "nowhere"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MATPLOTLIBRC": str(folder / "matplotlibrc"),
        "LC_ALL": "tr_TR.UTF-8",
        "LC_NUMERIC": "de_DE.UTF-8",
        "LANG": "de_DE.ISO-8859-1",
        "PYTHONPATH": str(theirs / "modules"),
        "PYTHONSTARTUP": str(theirs / "startup.py"),
        "PYTHONHASHSEED": "7",
        "PYTHONOPTIMIZE": "2",
        "PYTHONWARNINGS": "error",
        "PYTHONIOENCODING": "ascii",
        "BASH_ENV": str(theirs / "bashrc"),
        "OMP_NUM_THREADS": "3",
        "OMP_DYNAMIC": "true",
        "MKL_CBWR": "COMPATIBLE",
        "OPENBLAS_CORETYPE": "Prescott",
        "TORCH_LOGS": "+all",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "NO_COLOR": "1",
        "FORCE_COLOR": "1",
    }


def run(folder: Path, variables: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """A command of a user who lets nobody look at new files, the user included."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=variables,
        umask=0o777,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=600,
        check=False,
    )


def test_a_run_ends_with_the_same_bytes_whatever_the_user_has_set(undisturbed: Path, study: Path) -> None:
    variables = hostile(study)
    variables["PYTHONPATH"] += f"{os.pathsep}workflow/scripts"
    result = run(study, variables, "-m", "lethe", "run", "--config", CONFIG)
    assert result.returncode == 0, result.stdout
    assert artefacts(study) == artefacts(undisturbed)
    assert (study / "results").stat().st_mode & 0o777 == 0o700


@pytest.mark.long
def test_so_does_a_bare_snakemake(undisturbed: Path, study: Path) -> None:
    """Snakemake itself needs a cache, a path without other modules and no warning made an error; its jobs do not."""
    variables = {
        name: value
        for name, value in hostile(study).items()
        if name not in ("HOME", "PYTHONPATH", "PYTHONWARNINGS", "XDG_CONFIG_HOME")
    }
    arguments = ("--configfile", CONFIG, "--cores", "2")
    result = run(study, {**variables, "HOME": str(study)}, "-m", "snakemake", *arguments)
    assert result.returncode == 0, result.stdout
    assert artefacts(study) == artefacts(undisturbed)
