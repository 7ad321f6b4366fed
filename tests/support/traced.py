"""Run jobs one after the other, each in a fork of one process that has the large libraries, and tell what they import.

Called as `python traced.py JOBS FOUND`: JOBS is a JSON list of commands, each a list of words, the script's path first;
FOUND gets a JSON list, for every job its exit code, what it printed, and the names of lethe's modules that it imported.
Nothing of lethe is imported here, so a fork starts without any.
"""

import json
import os
import runpy
import sys
import tempfile
from pathlib import Path

import matplotlib.figure
import pandas
import pyarrow.parquet
import pydantic
import safetensors.torch
import scipy.stats
import seaborn.objects
import torch
import torch._dynamo
import typer

ROOT = Path(__file__).resolve().parents[2]
LARGE = (
    matplotlib.figure,
    pandas,
    pyarrow.parquet,
    pydantic,
    safetensors.torch,
    scipy.stats,
    seaborn.objects,
    torch,
    typer,
)


def run(words: list[str], found: Path) -> None:
    """One job in this process, which ends with it."""
    code: object = 0
    os.dup2(os.open(found.with_suffix(".log"), os.O_WRONLY | os.O_CREAT), 1)
    os.dup2(1, 2)
    sys.argv, sys.path[0] = words, str(Path(words[0]).parent)
    try:
        runpy.run_path(words[0], run_name="__main__")
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        code = repr(error)
    modules = sorted(name for name, module in sys.modules.items() if name.startswith("lethe.") and module is not None)
    found.write_text(json.dumps({"code": code or 0, "modules": modules}))
    sys.stdout.flush()
    os._exit(0)


def main() -> None:
    """All jobs."""
    assert not any(name.split(".")[0] == "lethe" for name in sys.modules)
    torch.set_num_threads(1)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for number, words in enumerate(json.loads(Path(sys.argv[1]).read_text())):
            found = Path(folder) / f"{number}.json"
            child = os.fork()
            if child == 0:
                run(words, found)
            os.waitpid(child, 0)
            printed = found.with_suffix(".log").read_text(errors="replace")
            results.append({**json.loads(found.read_text()), "printed": printed})
    Path(sys.argv[2]).write_text(json.dumps(results))


if __name__ == "__main__":
    main()


def not_deciding() -> frozenset[Path]:
    """Files of all modules that say of themselves that they decide no result."""
    library = (ROOT / "workflow/scripts/lethe").rglob("*.py")
    return frozenset(file for file in library if "\nDECIDES_NO_RESULT = " in file.read_text())
