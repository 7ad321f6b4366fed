"""Two configs of one name: what one has made, the other does not replace unasked; one's own config may change."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lethe.core.errors import ReplacesNetworks
from lethe.study.config import read_study
from lethe.study.grid import Grid
from lethe.study.origin import config_name, other_configs, record_origin, refuse_replacing, replaced_files
from lethe.study.paths import CHECKPOINT

STUDY: dict[str, Any] = {
    "study": "trial",
    "dataset": {"name": "toy"},
    "model": {"name": "resnet", "options": {"blocks": [1, 1], "width": 4}},
    "seeds": {"count": 4, "block": 2},
    "regimes": {"supervised": {"epochs": 6}, "fixmatch": {"epochs": 2}},
    "labels": {"per_class": 4},
    "compression": {"random": {"levels": [0.3]}},
}
OWN, OTHER = "own.yaml", "studies/other.yaml"


def changed(key: str, value: Any) -> dict[str, Any]:
    """The study with one value changed, by its dotted key."""
    study = json.loads(json.dumps(STUDY))
    *parents, last = key.split(".")
    part = study
    for parent in parents:
        part = part.setdefault(parent, {})
    part[last] = value
    return study


def grid(values: dict[str, Any]) -> Grid:
    return Grid(read_study(values, where="study.yaml"))


@pytest.fixture(autouse=True)
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which one config has made its networks, and another lies beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LETHE_REPLACE", raising=False)
    Path("studies").mkdir()
    for file in (OWN, OTHER):
        Path(file).touch()
    for path in grid(STUDY).paths(CHECKPOINT):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    Path("results/trial/data").mkdir()
    Path("results/trial/data/train.npy").touch()
    record_origin(grid(STUDY), OWN)
    return tmp_path


DECIDING = [
    ("model.options.width", 8),
    ("model.name", "wrn"),
    ("dataset.name", "digits"),
    ("dataset.train_size", 32),
    ("dataset.root", "elsewhere"),
    ("dataset.options", {"train": 40}),
    ("seeds.study", 1),
    ("regimes.supervised", {"epochs": 7}),
    ("regimes.supervised", {"plugin": "supcon"}),
    ("labels", {"per_class": 5}),
    ("compression.random.options", {"recalibrate": 8}),
    ("compression.random.plugin", "magnitude_global"),
    ("compression.random.by_regime", {"supervised": {"recalibrate": 8}}),
    ("device", "cpu"),
    ("precision", "bf16"),
]
HARMLESS = [
    ("compression.random.levels", [0.3, 0.6]),
    ("compression.random.levels", ["0.300"]),
    ("compression.again", {"plugin": "random", "levels": [0.3], "options": {"recalibrate": 8}}),
    ("seeds.count", 8),
    ("seeds.block", 1),
    ("regimes.again", {"plugin": "supervised", "epochs": 9}),
    ("evaluation", {"splits": ["test", "train"]}),
    ("measures", {"latency": False}),
    ("generalisation", {"label_noise": [0.2]}),
]


@pytest.mark.parametrize(("key", "value"), DECIDING)
def test_another_config_that_would_replace_networks_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ReplacesNetworks) as refused:
        refuse_replacing(grid(changed(key, value)), OTHER)
    told = str(refused.value)
    assert told.startswith("studies/other.yaml: study: 'trial' given, but results/trial was made by own.yaml")
    assert key.split(".", maxsplit=1)[0] in told.partition("differs in ")[2].partition(")")[0]
    assert told.endswith(
        "give it a name of its own under 'study:', or replace them: lethe run --config studies/other.yaml --replace"
    )
    assert "\n" not in told


@pytest.mark.parametrize(("key", "value"), DECIDING)
def test_ones_own_config_may_change_in_every_word(key: str, value: Any) -> None:
    refuse_replacing(grid(changed(key, value)), OWN)
    assert replaced_files(grid(changed(key, value)), OWN) == {}


@pytest.mark.parametrize(("key", "value"), HARMLESS)
def test_another_config_that_only_asks_for_more_is_welcome(key: str, value: Any) -> None:
    refuse_replacing(grid(changed(key, value)), OTHER)


@pytest.mark.parametrize(("key", "value"), DECIDING)
def test_who_was_replaced_is_told_by_whom(key: str, value: Any) -> None:
    record_origin(grid(changed(key, value)), OTHER)
    lost = replaced_files(grid(STUDY), OWN)
    assert set(lost.values()) == {OTHER}
    assert replaced_files(grid(changed(key, value)), OTHER) == {}
    with pytest.raises(ReplacesNetworks):  # and it does not take them back unasked
        refuse_replacing(grid(STUDY), OWN)


def test_the_environment_may_allow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETHE_REPLACE", "1")
    refuse_replacing(grid(changed("model.options.width", 8)), OTHER)


def test_what_was_never_made_is_replaced_by_nobody() -> None:
    shutil.rmtree("results")
    refuse_replacing(grid(changed("model.options.width", 8)), OTHER)


def test_a_change_of_ones_own_that_was_run_is_ones_own() -> None:
    record_origin(grid(changed("model.options.width", 8)), OWN)
    refuse_replacing(grid(changed("model.options.width", 16)), OWN)
    with pytest.raises(ReplacesNetworks, match=r"model\.options\.width"):
        refuse_replacing(grid(STUDY), OTHER)


def test_what_two_configs_share_stays_with_the_first_while_it_is_there() -> None:
    record_origin(grid(changed("seeds.count", 8)), OTHER)
    assert other_configs(grid(STUDY), OWN) == [OTHER]
    with pytest.raises(ReplacesNetworks):
        refuse_replacing(grid(changed("seeds", {"count": 8, "block": 2, "study": 1})), OTHER)
    refuse_replacing(grid(changed("seeds.study", 1)), OWN)
    Path(OWN).rename("renamed.yaml")
    record_origin(grid(STUDY), "renamed.yaml")
    refuse_replacing(grid(changed("seeds.study", 1)), "renamed.yaml")


def _stored(values: dict[str, Any]) -> None:
    Path("results/trial/study.yaml").write_text(yaml.safe_dump(json.loads(grid(values).study_json())), "utf-8")


@pytest.mark.parametrize("left", [None, "", "half a li", "[]", '{"made": {"a": 1}, "configs": {}}'])
def test_results_that_came_without_a_record_are_known_by_the_config_among_them(left: str | None) -> None:
    record = Path(".lethe/origins/trial.json")
    record.unlink() if left is None else record.write_text(left)
    refuse_replacing(grid(changed("model.options.width", 8)), OTHER)  # nobody knows
    _stored(STUDY)
    refuse_replacing(grid(STUDY), OTHER)
    with pytest.raises(ReplacesNetworks, match=r"made by results/trial/study\.yaml"):
        refuse_replacing(grid(changed("model.options.width", 8)), OTHER)


@pytest.mark.parametrize("name", ["own.yaml", "./own.yaml", "studies/../own.yaml", "{here}/own.yaml", "link.yaml"])
def test_a_config_is_the_same_however_it_is_called(made: Path, name: str) -> None:
    Path("link.yaml").symlink_to("own.yaml")
    assert config_name([name.format(here=made)]) == OWN


def test_a_folder_that_moves_takes_its_record_along(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = made.rename(made.parent / "moved with a space")
    monkeypatch.chdir(moved)
    refuse_replacing(grid(changed("model.options.width", 8)), config_name(["own.yaml"]))
    Path("my study.yaml").touch()
    with pytest.raises(ReplacesNetworks, match=r"lethe run --config 'my study\.yaml' --replace"):
        refuse_replacing(grid(changed("model.options.width", 8)), "my study.yaml")


@pytest.mark.parametrize("edit", [lambda study: study.pop("labels"), lambda study: study["regimes"].pop("supervised")])
def test_a_removed_part_decides_nothing_of_the_others(edit: Callable[[dict[str, Any]], object]) -> None:
    study = json.loads(json.dumps(STUDY))
    del study["regimes"]["fixmatch"], study["labels"]
    study["regimes"]["supcon"] = {}
    study["labels"] = {"per_class": 9}
    edit(study)
    refuse_replacing(grid(study), OTHER)
