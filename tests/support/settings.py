"""What a user may have set for other programs, listed once: for one job, for a whole run, for another machine."""

from pathlib import Path

# Nobody, not even root, can make a folder there.
UNWRITABLE = Path("/sys")
NOTEBOOK = "module://matplotlib_inline.backend_inline"  # the MPLBACKEND of a notebook
# Settings of programs that jobs use; each would change or stop one that read it.
SETTINGS = {
    "MPLBACKEND": NOTEBOOK,
    "MATPLOTLIBRC": "/home/me",
    "MPLCONFIGDIR": "/home/me/.config/matplotlib",
    "LC_ALL": "tr_TR.UTF-8",
    "LC_NUMERIC": "de_DE.UTF-8",
    "LANG": "de_DE.ISO-8859-1",
    "LANGUAGE": "de",
    "PYTHONPATH": "/home/me/modules",
    "PYTHONSTARTUP": "/home/me/startup.py",
    "PYTHONHASHSEED": "7",
    "PYTHONWARNINGS": "error",
    "PYTHONOPTIMIZE": "2",
    "PYTHONSAFEPATH": "1",
    "PYTHONIOENCODING": "ascii",
    "PYTHONUTF8": "0",
    "OMP_DYNAMIC": "true",
    "OMP_SCHEDULE": "dynamic",
    "KMP_AFFINITY": "none",
    "MKL_CBWR": "COMPATIBLE",
    "OPENBLAS_CORETYPE": "Prescott",
    "TORCH_LOGS": "+all",
    "PANDAS_COPY_ON_WRITE": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "BASH_ENV": "/home/me/.bashrc",
    "BASH_FUNC_python%%": "() { echo no; }",
    "NVIDIA_TF32_OVERRIDE": "1",
    "SOURCE_DATE_EPOCH": "1",
}
# With this one no Python starts at all, so that only what is handed on to jobs can be looked at.
FATAL = {"PYTHONHOME": "/nowhere"}
# Modules that a user has under the name of a package.
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
    return SETTINGS | {
        "PATH": f"{theirs / 'bin'}:/usr/bin:/bin",
        "HOME": str(UNWRITABLE / "nobody"),
        "XDG_CONFIG_HOME": str(theirs / "config"),
        "TMPDIR": str(folder / "nowhere"),
        "MATPLOTLIBRC": str(folder / "matplotlibrc"),
        "PYTHONPATH": str(theirs / "modules"),
        "PYTHONSTARTUP": str(theirs / "startup.py"),
        "BASH_ENV": str(theirs / "bashrc"),
        "OMP_NUM_THREADS": "3",
        "NO_COLOR": "1",
        "FORCE_COLOR": "1",
    }


def of_a_notebook() -> dict[str, str]:
    """What a notebook has set on a node whose locale is C and whose home cannot be written."""
    return {"LC_ALL": "C", "HOME": str(UNWRITABLE), "MPLBACKEND": NOTEBOOK}
