"""One undisturbed run of the smoke study, which every fault test compares itself with or starts from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.faults import longer_training, run_study, stop_all
from support.workspace import copy_workspace, make_workspace

EPOCHS = 30


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of the smoke study with so many epochs that a kill can hit training; nothing has run in it."""
    folder = make_workspace(tmp_path_factory.mktemp("pristine") / "lethe")
    longer_training(folder, EPOCHS)
    return folder


@pytest.fixture(scope="session")
def undisturbed(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which that study ran to its end."""
    folder = copy_workspace(pristine, tmp_path_factory.mktemp("undisturbed") / "lethe")
    result = run_study(folder)
    assert result.returncode == 0, result.stdout
    return folder


@pytest.fixture
def study(pristine: Path, tmp_path: Path) -> Iterator[Path]:
    """A workspace of that study to start and disturb; what still runs in it afterwards is ended."""
    folder = copy_workspace(pristine, tmp_path / "lethe")
    yield folder
    stop_all(folder)


@pytest.fixture
def long_study(study: Path) -> Path:
    """A study whose training takes minutes: a run of it is alive for as long as a test needs it."""
    longer_training(study, 5000, EPOCHS)
    return study
