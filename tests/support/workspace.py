"""A copy of the workflow in a folder of its own, and Snakemake run in it as a user would."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from lethe.run.environment import stated
from lethe.study.paths import CHECKED
from support.shared import PYTHON_OF_CHECKS, SHARED_CHECKS
from support.warm import warm_python, warm_snakemake, with_warm_starts

ROOT = Path(__file__).resolve().parents[2]
# Seconds after which a command hangs; a run beside others on a busy machine takes minutes.
_HANGING = 1800
PARTS = ("Snakefile", "config.yaml", "rules", "studies", "workflow", "profiles", "envs")


def make_workspace(folder: Path, *, shares_checks: bool = True) -> Path:
    """Copy what the workflow needs, without results.

    Args: shares_checks: what checks of studies find, and versions of the code, are those of all workspaces.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    shared = os.environ.get(SHARED_CHECKS)
    if shared and shares_checks:
        (folder / CHECKED).parent.mkdir(parents=True, exist_ok=True)
        (folder / CHECKED).symlink_to(shared)
    return folder


def copy_workspace(finished: Path, folder: Path) -> Path:
    """A finished workspace again, with its modification times, so that a test may change it and all that it knows."""
    shutil.copytree(finished, folder, symlinks=True)
    if (folder / CHECKED).is_symlink():
        shared = (folder / CHECKED).resolve()
        (folder / CHECKED).unlink()
        # Others write there meanwhile, under names that begin with a dot until they are whole.
        shutil.copytree(shared, folder / CHECKED, ignore=shutil.ignore_patterns(".*"))
    return folder


def environment(**extra: str) -> dict[str, str]:
    """The shell's variables, with this Python first on the path and one thread per process.

    Commands run in a workspace, so that `python -m lethe` is the library that lies there.
    """
    scripts = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": "workflow/scripts",
        "OMP_NUM_THREADS": "1",
        **extra,
    }


def run(
    folder: Path, *command: str, timeout: int = _HANGING, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command in a workspace, to its end; output and errors together."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment() if variables is None else variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )


def snakemake(folder: Path, *arguments: str, timeout: int = _HANGING) -> subprocess.CompletedProcess[str]:
    """Snakemake in a workspace, as a user would call it, but that jobs start warm; a dry run and its check do, too."""
    if "-n" in arguments:
        variables = stated(environment(**{PYTHON_OF_CHECKS: str(warm_python(folder) or sys.executable)}))
        return run(folder, *warm_snakemake(*arguments), timeout=timeout, variables=variables)
    variables = with_warm_starts(folder, environment())
    return run(folder, sys.executable, "-m", "snakemake", *arguments, timeout=timeout, variables=variables)


def lethe(folder: Path, *arguments: str, timeout: int = _HANGING) -> subprocess.CompletedProcess[str]:
    """The command `lethe` of a workspace, as a user would call it."""
    return run(folder, sys.executable, "-m", "lethe", *arguments, timeout=timeout)


def planned_jobs(folder: Path, *arguments: str, config: str = "studies/smoke.yaml") -> dict[str, int]:
    """How many jobs of each rule a dry run lists; empty if nothing is to be done."""
    result = snakemake(folder, "-n", "--configfile", config, *arguments)
    assert result.returncode == 0, result.stdout
    return {rule: count for rule, count in listed_jobs(result.stdout).items() if rule != "all"}


def listed_jobs(dry_run: str) -> dict[str, int]:
    """How many jobs of each rule the text of a dry run lists, its target among them."""
    stats = re.search(r"^job\s+count\n[-\s]+\n(.*?)^total\s", dry_run, re.MULTILINE | re.DOTALL)
    if stats is None:
        assert "Nothing to be done" in dry_run, dry_run
        return {}
    rows = (line.split() for line in stats.group(1).strip().splitlines())
    return {rule: int(count) for rule, count in rows}
