"""Fixtures that every test may use: a small network, a small population, one thread."""

import os

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_scontrol(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The Slurm plugin asks `scontrol` for 10 s when clients are installed and no controller runs."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "scontrol").write_text("#!/bin/sh\nexit 1\n")
    (folder / "scontrol").chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"


def require(condition: bool, what: str) -> None:
    """A missing prerequisite is a skip on a laptop and a failure in CI."""
    if condition:
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"needs {what}")
