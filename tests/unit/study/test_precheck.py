"""A study that passed its check is checked again once something has changed, and then alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lethe.core.errors import ConfigError
from lethe.study import precheck
from lethe.study.config import Study, read_study
from lethe.study.places import root_mistake, state_of
from support.installed import install

FILES = {"model.options": ["weights.safetensors"]}


def study_of(root: Path | None = None) -> Study:
    values = {
        "study": "trial",
        "dataset": {"name": "image_folder", "root": str(root)} if root else {"name": "toy"},
        "model": {"name": "resnet", "options": {"blocks": [1], "width": 4}},
        "seeds": {"count": 4, "block": 2},
        "regimes": {"supervised": {"epochs": 2}},
        "compression": {"random": {"levels": [0.5]}},
    }
    return read_study(values, where="trial")


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Which studies were checked, one entry each time, where every study passes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    found: list[str] = []
    monkeypatch.setattr(
        precheck, "_checked", lambda study, where, cache: found.append(where) or {"files": FILES, "network_bytes": 1}
    )
    precheck.packages.cache_clear()
    yield found
    precheck.packages.cache_clear()


def look(cache: Path, study: Study) -> dict[str, list[Path]]:
    """What a process of its own would be told."""
    precheck.packages.cache_clear()
    return precheck.precheck_options(study, where="trial.yaml", cache=cache)


def test_a_package_of_another_version_has_the_study_checked_again(checks: list[str], tmp_path: Path) -> None:
    cache, study = tmp_path / "checked", study_of()
    install(tmp_path, "lethe-test-one", version="1.0")
    expected = {"model.options": [Path("weights.safetensors")]}
    assert look(cache, study) == look(cache, study) == expected
    assert len(checks) == 1
    (tmp_path / "lethe_test_one-1.0.dist-info").rename(tmp_path / "lethe_test_one-1.1.dist-info")
    assert precheck.named_files(study, cache=cache) == expected  # which files it names stays known
    look(cache, study)
    assert len(checks) == 2
    (tmp_path / "lethe_test_one-1.1.dist-info").rename(tmp_path / "lethe_test_one-1.0.dist-info")
    look(cache, study)
    assert len(checks) == 2  # as it was, it passed before
    install(tmp_path, "lethe-test-two")
    look(cache, study)
    assert len(checks) == 3


def test_what_is_no_package_has_nothing_checked_again(checks: list[str], tmp_path: Path) -> None:
    cache, study = tmp_path / "checked", study_of()
    look(cache, study)
    (tmp_path / "notes.txt").touch()
    look(cache, study)
    assert len(checks) == 1


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that may not be looked into, not even by root, for whom rights do not count."""
    folder, iterdir, stat = tmp_path / "closed", Path.iterdir, Path.stat
    folder.mkdir()

    def refused(path: Path) -> Iterator[Path]:
        if path == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return iterdir(path)

    def unseen(path: Path, **how: bool) -> object:
        if path.parent == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **how)

    monkeypatch.setattr(Path, "iterdir", refused)
    monkeypatch.setattr(Path, "stat", unseen)
    return folder


def test_a_root_that_may_not_be_looked_into_is_told_in_a_sentence(closed: Path, checks: list[str]) -> None:
    for root in (closed, closed / "images"):
        said = (
            f"dataset.root: '{root}' cannot be looked into (Permission denied); ask for the right to read it, or name "
            "another folder"
        )
        with pytest.raises(ConfigError) as told:
            look(closed.parent / "checked", study_of(root))
        assert str(told.value) == f"trial.yaml: {said}"
    assert root_mistake(study_of(closed / "images")) == said and checks == []


def test_a_folder_below_it_that_may_not_be_looked_into_stops_nothing(closed: Path) -> None:
    """Such as `lost+found`, where the root is a disk of its own."""
    study = study_of(closed.parent)
    before = state_of(study)
    assert state_of(study) == before
    (closed.parent / "other").mkdir()
    assert state_of(study) != before
