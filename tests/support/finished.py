"""The smoke study in a workspace, run once a session for all tests of all workers that start from its end."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from support.faults import longer_training, run_study
from support.workspace import make_workspace

EPOCHS = 30  # so many that a kill can hit training


def smoke_workspace(folder: Path) -> Path:
    """A workspace of the smoke study with longer training; nothing has run in it."""
    longer_training(make_workspace(folder), EPOCHS)
    return folder


def finished_smoke(factory: pytest.TempPathFactory) -> Path:
    """A workspace in which that study ran to its end; tests copy it.

    The first worker that asks for it runs the study, the others wait: a run takes both cores for a minute.
    """
    base = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    folder, done = base / "finished/lethe", base / "finished/done"
    with (base / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a run that failed
            result = run_study(smoke_workspace(folder))
            assert result.returncode == 0, result.stdout
            done.touch()
    return folder
