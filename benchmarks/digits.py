"""The default study's data and network, for benchmarks that run whole jobs."""

import os
from pathlib import Path

from lethe.data.prepare import Source, SplitFiles, prepare

SCRIPTS = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
NETWORK = {"blocks": [1, 1, 1], "width": 8}


def prepare_digits(folder: Path) -> None:
    """Write both splits of the digits into a folder."""
    train, test = (SplitFiles(folder / f"{split}.npy", folder / f"{split}.parquet") for split in ("train", "test"))
    prepare(Source("digits", "{}", None, None, 0), train, test)


def one_thread() -> dict[str, str]:
    """The shell's variables, with one thread per process."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def all_threads() -> dict[str, str]:
    """The shell's variables, with as many threads per process as torch chooses."""
    return {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
