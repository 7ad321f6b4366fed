"""One finished smoke study for all tests that change something and count the jobs that follow."""

from pathlib import Path

import pytest

from support.workspace import copy_workspace, make_workspace, snakemake


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the smoke study has run to its end."""
    folder = make_workspace(tmp_path_factory.mktemp("finished") / "lethe")
    result = snakemake(folder, "--configfile", "studies/smoke.yaml", "--cores", "2", "--show-failed-logs")
    assert result.returncode == 0, result.stdout
    return folder


@pytest.fixture
def study(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished workspace that a test may change."""
    return copy_workspace(finished, tmp_path / "lethe")
