"""The JSON schema takes every study that there is, and refuses what `lethe config` refuses of a single value."""

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.study.config import read_study
from lethe.study.options import check_options

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "docs/study.schema.json"
STUDIES = [ROOT / "config.yaml", *sorted((ROOT / "studies").glob("*.yaml"))]
VALIDATOR = Draft202012Validator(json.loads(FILE.read_text()))
STUDY: dict[str, Any] = {
    "study": "trial",
    "dataset": {"name": "digits"},
    "model": {"name": "resnet", "options": {"blocks": [1], "width": 4}},
    "seeds": {"count": 4, "block": 2},
    "labels": {"share": 0.1},
    "regimes": {
        "supervised": {"epochs": 2, "batch_size": 16},
        "early": {
            "plugin": "fixmatch",
            "epochs": 2,
            "batch_size": 8,
            "views": ["crop", {"affine": {"rotation": 5}}],
        },
    },
    "compression": {
        "fold": {"levels": [0.5, "0.75"], "options": {"inversion": {"images": 4}}},
        "few": {"plugin": "quantize", "levels": [4, "8"], "regimes": ["early"]},
        "gmp": {
            "levels": [0.5],
            "options": {"begin": 1, "end": 4, "every": 1},
            "by_regime": {"early": {"end": 5}},
        },
    },
    "evaluation": {"splits": ["test", "train", "test@fog-3", "test@*-1"]},
    "measures": {"latency": {"rounds": 5}, "probes": False},
    "generalisation": {"label_noise": [0.2], "train_sizes": [100]},
    "device": "cpu",
}


def refused(study: dict[str, Any]) -> str:
    """The first thing that the schema says against a study; empty where it takes it."""
    found = best_match(VALIDATOR.iter_errors(study))
    return "" if found is None else f"{found.json_path}: {found.message}"


def changed(key: str, value: object) -> dict[str, Any]:
    """The study of this file with one value set, or left out where it is `...`."""
    study = deepcopy(STUDY)
    *path, last = key.split(".")
    place = study
    for part in path:
        place = place.setdefault(part, {})
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return study


def refused_by_lethe(study: dict[str, Any]) -> bool:
    try:
        check_options(read_study(study, where="trial"), where="trial")
    except ConfigError:
        return True
    return False


@pytest.mark.slow
def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_every_study_is_taken_and_names_the_schema_for_editors(file: Path) -> None:
    assert refused(yaml.safe_load(file.read_text())) == ""
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", file.read_text())
    assert named is not None and (file.parent / named.group(1)).resolve() == FILE


def test_the_study_of_the_readme_is_taken_by_both() -> None:
    (shown,) = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    study = yaml.safe_load(shown)
    assert refused(study) == "" and not refused_by_lethe(study)


def test_a_study_with_a_bit_of_everything_is_taken_by_both() -> None:
    assert refused(STUDY) == ""
    assert not refused_by_lethe(STUDY)


WRONG = {
    "unknown key": ("sedes", {"count": 4}),
    "unknown key within": ("seeds.number", 4),
    "missing key": ("seeds.block", ...),
    "study's name": ("study", "a/b"),
    "data set": ("dataset.name", "digit"),
    "option of a data set": ("dataset.options", {"size": 8}),
    "data set without the option that it needs": ("dataset", {"name": "image_folder", "root": "."}),
    "model": ("model.name", "resent"),
    "option of a model out of range": ("model.options.width", 0),
    "unknown option of a model": ("model.options.widht", 8),
    "both kinds of labels": ("labels.per_class", 4),
    "regime": ("regimes.simlcr", {"epochs": 2}),
    "regime without its epochs": ("regimes.simclr", {"batch_size": 8}),
    "plugin of a regime": ("regimes.early.plugin", "fixmach"),
    "option of another regime": ("regimes.supervised.threshold", 0.9),
    "option of a regime by another name": ("regimes.early.threshold", 1.5),
    "view": ("regimes.early.views", ["corp"]),
    "option of a view": ("regimes.early.views", [{"crop": {"padding": 2}}]),
    "two views in one": ("regimes.early.views", [{"crop": {}, "affine": {}}]),
    "method": ("compression.randon", {"levels": [0.5]}),
    "reserved method": ("compression.dense", {"plugin": "random", "levels": [0.5]}),
    "method without levels": ("compression.random", {}),
    "no level": ("compression.fold.levels", []),
    "level out of range": ("compression.fold.levels", [1.5]),
    "level of another kind": ("compression.few.levels", [0.5]),
    "option of a method out of range": ("compression.fold.options.restarts", 0),
    "option of a method within another": ("compression.fold.options.inversion.images", 1),
    "unknown option of a method by another name": ("compression.few.options", {"restarts": 3}),
    "method without the options that it needs": ("compression.gmp.options", ...),
    "method without one of them": ("compression.gmp.options.end", ...),
    "unknown option for one regime": ("compression.gmp.by_regime.early.restarts", 3),
    "split": ("evaluation.splits", ["test", "valid"]),
    "severity": ("evaluation.splits", ["test", "test@fog-6"]),
    "measure": ("measures.latencies", True),
    "option of a measure": ("measures.latency.rounds", 1),
    "neither options nor a decision": ("measures.latency", 3),
    "noise": ("generalisation.label_noise", [2]),
    "device": ("device", "gpu"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_study_is_refused_by_both(wrong: str) -> None:
    study = changed(*WRONG[wrong])
    assert refused(study) != ""
    assert refused_by_lethe(study)


def test_every_plugin_of_every_folder_that_a_study_names_is_in_the_schema() -> None:
    text = FILE.read_text()
    rooms = (registry.SETS, registry.FAMILIES, registry.REGIMES, registry.METHODS, registry.MEASURES, registry.VIEWS)
    assert [name for room in rooms for name in registry.names(room) if f".{name}" not in text] == []
