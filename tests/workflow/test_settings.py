"""What a user has set for other programs changes no byte of a study: all of it is set against a whole run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.faults import CONFIG, artefacts
from support.settings import hostile

pytestmark = pytest.mark.slow


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


@pytest.mark.long
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
