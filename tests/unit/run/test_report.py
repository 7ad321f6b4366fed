"""`lethe report` on a folder that is no finished study: one sentence that says what to do."""

import shutil
from pathlib import Path

import pytest

from lethe.core.errors import ConfigError, DataError
from lethe.run.report import make_report

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of results in which nothing lies yet, below the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/smoke").mkdir(parents=True)
    return Path("results/smoke")


def test_without_a_config_the_way_out_is_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"no results/smoke/study\.yaml; name the study's file: --config FILE"):
        make_report(folder, None, None)


@pytest.mark.parametrize("place", ["results/smoke/study.yaml", "studies/smoke.yaml", "config.yaml"])
def test_the_config_is_found_and_the_missing_files_are_counted(folder: Path, place: str) -> None:
    Path(place).parent.mkdir(exist_ok=True)
    shutil.copy(ROOT / "studies/smoke.yaml", place)
    told = rf"\d+ files are missing .*, results/smoke/data/test\.parquet first of all; .*lethe run --config {place}"
    with pytest.raises(DataError, match=told):
        make_report(folder, None, None)
    assert list(folder.iterdir()) == ([folder / "study.yaml"] if folder in Path(place).parents else [])


def test_the_config_of_another_study_is_not_taken(folder: Path) -> None:
    shutil.copy(ROOT / "config.yaml", "config.yaml")
    with pytest.raises(ConfigError, match="--config FILE"):
        make_report(folder, None, None)
