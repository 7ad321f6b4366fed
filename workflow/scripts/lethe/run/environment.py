"""The environment of jobs: what a user has set for other programs decides no result and stops no job.

One list for every way in which a job starts: by `lethe run`, forked from a warm server, by a bare `snakemake`, on a
cluster's node. Whatever parses the Snakefile takes this environment on, and its jobs inherit it.
"""

import atexit
import getpass
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

SOCKET = "socket"  # of a warm server, beside the command that asks it

# Variables that programs of a job would take their settings from: by name, and by how a name begins.
FOREIGN = frozenset({
    "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "POSIXLY_CORRECT", "GLOBIGNORE", "CDPATH", "LANG", "LANGUAGE",
    "NVIDIA_TF32_OVERRIDE", "SOURCE_DATE_EPOCH",
})  # fmt: skip
FOREIGN_BEGINNINGS = (
    "PYTHON", "LC_", "BASH_FUNC_", "MPL", "MATPLOTLIB", "OMP_", "KMP_", "GOMP_", "MKL_", "OPENBLAS_", "BLIS_",
    "NUMEXPR_", "VECLIB_", "DNNL_", "ONEDNN_", "ATEN_", "TORCH", "PYTORCH_", "TIMM_", "NPY_", "NUMPY_", "PANDAS_",
    "ARROW_", "PYARROW_", "SKLEARN_", "SCIPY_", "CUBLAS_", "CUDNN_", "JAXTYPING_",
)  # fmt: skip
# Those of them that stay: they say which machine this is, where files may lie, or how memory is shared, not what is
# computed. Numbers of threads are set by Snakemake, job by job.
KEPT = frozenset({
    "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA",
    "MKL_ENABLE_INSTRUCTIONS", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF", "TORCH_HOME", "OMP_NUM_THREADS",
    "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
})  # fmt: skip
STATED = {
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "PYTHONUTF8": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "MPLBACKEND": "agg",
}
# Where caches lie if the user's own folder cannot be written; below the working folder.
_CACHE = ".snakemake/lethe/cache"
_OWNERS = 0o700


def stated(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment that jobs have where the user's is this one; stating it twice changes nothing."""
    kept = {name: value for name, value in environment.items() if name in KEPT or not is_foreign(name)}
    if "TMPDIR" in kept and not os.access(kept["TMPDIR"], os.W_OK | os.X_OK):
        del kept["TMPDIR"]
    return kept | STATED | _places(kept)


def is_foreign(name: str) -> bool:
    """Whether a variable is one that programs of a job would take settings from."""
    return name in FOREIGN or name.startswith(FOREIGN_BEGINNINGS)


def take_on() -> None:
    """Be in that environment, with the Python that runs this first on the PATH; for a process that starts jobs."""
    # Whoever makes a file may read and write it; what others may do is for the user to say.
    mask = os.umask(_OWNERS)
    os.umask(mask & ~_OWNERS)
    environment = stated(os.environ)
    environment["PATH"] = with_python(environment.get("PATH", os.defpath))
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


def with_python(path: str) -> str:
    """A PATH on which `python` is the interpreter that runs this, or what starts jobs of it warm."""
    found, own = shutil.which("python", path=path), Path(sys.executable).parent
    if found is not None:
        folder = Path(found).parent
        if folder.resolve() == own.resolve() or (folder / SOCKET).exists():
            return path
    if not (own / "python").exists() or os.pathsep in str(own):
        own = _folder_of_python()
    return f"{own}{os.pathsep}{path}"


@cache
def _folder_of_python() -> Path:
    """A folder that may stand on a PATH, in which `python` is this interpreter; it goes with this process."""
    folder = tempfile.TemporaryDirectory(prefix="lethe-python-", dir=folder_for_path())
    atexit.register(folder.cleanup)
    command = Path(folder.name) / "python"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    command.chmod(_OWNERS)
    return command.parent


def folder_for_path() -> str:
    """A folder for temporary files whose name may stand on a PATH."""
    usual = tempfile.gettempdir()
    return usual if os.pathsep not in usual else "/tmp"


def _places(environment: Mapping[str, str]) -> dict[str, str]:
    """A cache that can be written, as Snakemake and Matplotlib insist on one; a name and a home for who has none."""
    found = {}
    try:
        name = environment.get("LOGNAME") or environment.get("USER") or getpass.getuser()
        home = environment.get("HOME") or str(Path.home())
    except (KeyError, OSError, RuntimeError):  # a container may run as a user whom its system does not know
        name, home = str(os.getuid()), str(Path(_CACHE).resolve())
        found["HOME"] = home
    found |= {variable: environment.get(variable) or name for variable in ("USER", "LOGNAME")}
    cache_folder = environment.get("XDG_CACHE_HOME") or f"{home}/.cache"
    if not _can_make(cache_folder):
        cache_folder = found["XDG_CACHE_HOME"] = str(Path(_CACHE).resolve())
    # Beside the user's own, whose settings are not for jobs.
    return found | {"MPLCONFIGDIR": f"{cache_folder}/lethe/matplotlib"}


def _can_make(folder: str) -> bool:
    """Whether a folder is there, or can be made, in which files can be made; asked by trying, as rights are not all."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except (OSError, ValueError):
        return False
