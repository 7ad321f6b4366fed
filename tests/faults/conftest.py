"""The finished study that faults are injected into; each test copies it."""

from pathlib import Path

import pytest

from support.finished import finished_smoke


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the smoke study ran to its end."""
    return finished_smoke(tmp_path_factory)
