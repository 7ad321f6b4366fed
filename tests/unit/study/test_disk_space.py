"""A study whose networks do not fit on the disk is told before any job, by what is still missing."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from lethe.core.errors import ConfigError
from lethe.networks.size import network_bytes
from lethe.study.config import read_study
from lethe.study.disk_space import check_disk_space
from lethe.study.grid import Grid
from lethe.study.paths import CHECKPOINT

Usage = namedtuple("Usage", "total used free")
STUDY = read_study(
    {
        "study": "trial",
        "dataset": {"name": "toy"},
        "model": {"name": "resnet", "options": {"blocks": [1], "width": 4}},
        "seeds": {"count": 4, "block": 2},
        "regimes": {"supervised": {"epochs": 2}},
        "compression": {"random": {"levels": [0.5]}, "fold": {"levels": [0.5]}},
    },
    where="trial",
)
# Of the dense networks and of those with masks, not of the folded ones, which are smaller.
NETWORKS, BYTES = 8, 10**9


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(10 * count, 9 * count, count))


def test_too_little_room_is_told_with_what_is_needed_and_free(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free(monkeypatch, NETWORKS * BYTES - 1)
    with pytest.raises(ConfigError) as caught:
        check_disk_space(STUDY, BYTES, where="trial.yaml")
    assert str(caught.value) == (
        f"trial.yaml: the networks still to be written take 8.0 GB at least, but {tmp_path} has 8.0 GB free; "
        "make room, or ask for fewer seeds or levels"
    )


def test_just_enough_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, NETWORKS * BYTES)
    check_disk_space(STUDY, BYTES, where="t")


def test_what_is_written_already_needs_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 1)
    for path in Grid(STUDY).paths(CHECKPOINT):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    check_disk_space(STUDY, BYTES, where="t")


def test_a_network_is_as_large_as_its_checkpoint_says() -> None:
    assert network_bytes(STUDY, 3) < network_bytes(STUDY, 300)
    assert 1000 < network_bytes(STUDY, 3) < 10_000
