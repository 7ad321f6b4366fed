"""One undisturbed run of the smoke study, which every fault test compares itself with or starts from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.faults import longer_training, run_study, stop_all
from support.workspace import make_workspace

EPOCHS = 30


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the smoke study ran to its end, with so many epochs that a kill can hit training."""
    folder = make_workspace(tmp_path_factory.mktemp("undisturbed") / "lethe")
    longer_training(folder, EPOCHS)
    result = run_study(folder)
    assert result.returncode == 0, result.stdout
    return folder


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Path]:
    """A fresh workspace of the same study; what still runs in it afterwards is ended."""
    folder = make_workspace(tmp_path / "lethe")
    longer_training(folder, EPOCHS)
    yield folder
    stop_all(folder)


@pytest.fixture
def long_study(study: Path) -> Path:
    """A study whose training takes minutes: a run of it is alive for as long as a test needs it."""
    longer_training(study, 5000, EPOCHS)
    return study
