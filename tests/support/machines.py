"""What stands for another machine: fewer instructions of the processor, and surroundings that a user may have."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from support.settings import of_a_notebook
from support.workspace import ROOT

# Newest last. Every library that computes has a switch of its own; one alone changes almost nothing.
INSTRUCTIONS = {
    "sse4": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "OPENBLAS_CORETYPE": "Nehalem",
    },
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
    },
}
# What numpy may still use beyond its baseline; it names instruction sets in its own way.
_LEFT_TO_NUMPY = {"sse4": set(), "avx2": {"X86_V3", "AVX2", "FMA3", "F16C", "AVX"}}
ODD_NAME = "Läthe wörk"
FAST = "not slow and not slurm and not gpu"
_TOP_LEVEL = {".git", ".venv", ".venvs", ".snakemake", ".hypothesis", ".mypy_cache", ".ruff_cache", "results", "data"}


def with_instructions(name: str) -> dict[str, str]:
    """The environment in which all that computes uses no newer instructions than these."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    switched_off = [each for each in found if each not in _LEFT_TO_NUMPY[name]]
    return {**_environment(), **INSTRUCTIONS[name], "NPY_DISABLE_CPU_FEATURES": " ".join(switched_off)}


def with_surroundings() -> dict[str, str]:
    """The environment of a notebook on a node, whose home cannot be written and whose locale is C."""
    settings = {name: value for name, value in _environment().items() if not name.startswith(("LANG", "LC_", "XDG_"))}
    return settings | of_a_notebook()


def copy_repository(folder: Path) -> Path:
    """All that the tests read, in a folder of its own, with the packages of these tests."""

    def left_out(at: str, names: list[str]) -> set[str]:
        caches = {name for name in names if name == "__pycache__" or name.endswith(".egg-info")}
        return caches | (_TOP_LEVEL & set(names) if Path(at) == ROOT else set())

    shutil.copytree(ROOT, folder, symlinks=True, ignore=left_out)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def run_fast_tests(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What `make test-fast` runs, in a repository, by the Python that its packages are linked to."""
    command = ["-m", "pytest", "--jaxtyping-packages=lethe,beartype.beartype", "-q", "-m", FAST, "tests"]
    several = ["-n", str(min(3, os.cpu_count() or 1)), "--dist", "loadfile"]
    return subprocess.run(
        [str(folder / ".venv/bin/python"), *command, *several],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=3000,
        check=False,
    )


def _environment() -> dict[str, str]:
    """The shell's variables, without what this run of pytest says of itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
