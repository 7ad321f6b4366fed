"""One undisturbed run of the smoke study, which every fault test compares itself with or starts from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.faults import longer_training, stop_all
from support.finished import EPOCHS, finished_smoke, smoke_workspace
from support.workspace import copy_workspace


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of the smoke study with so many epochs that a kill can hit training; nothing has run in it."""
    return smoke_workspace(tmp_path_factory.mktemp("pristine") / "lethe")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which that study ran to its end."""
    return finished_smoke(tmp_path_factory)


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
