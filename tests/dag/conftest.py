"""One finished smoke study for all tests that change something and count the jobs that follow."""

from pathlib import Path

import pytest

from support.finished import finished_smoke
from support.workspace import copy_workspace


@pytest.fixture
def study(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A copy of the finished workspace that a test may change."""
    return copy_workspace(finished_smoke(tmp_path_factory), tmp_path / "lethe")
