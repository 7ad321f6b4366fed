"""Which files decide a job: plug-ins, their views, and the regime of a fine-tuning, told or by default."""

from typing import Any

import pytest

from lethe.core import registry
from lethe.core.code_version import SCRIPTS
from lethe.study import sources
from lethe.study.config import read_study
from lethe.study.grid import Grid
from lethe.study.view_operations import DEFAULT_NAMES

SUPERVISED = "lethe/regimes/kinds/supervised.py"
BLUR, SOLARIZE = (f"lethe/data/views/{name}.py" for name in ("blur", "solarize"))
DEFAULTS = {f"lethe/data/views/{name}.py" for name in DEFAULT_NAMES}


def grid(**options: Any) -> Grid:
    """Three regimes, and methods with and without fine-tuning; `options` are those of a method."""
    plugins = ("iterative_magnitude", "random", "gmp")
    values = {
        "study": "s",
        "dataset": {"name": "toy"},
        "model": {"name": "resnet"},
        "seeds": {"count": 2, "block": 1},
        "regimes": {
            "supervised": {"epochs": 1, "views": [{"blur": {}}]},
            "plain": {"plugin": "supervised", "epochs": 1},
            "simclr": {"epochs": 1, "views": ["solarize"]},
            "fixmatch": {"epochs": 1, "views": ["blur"], "strong_views": ["solarize"]},
        },
        "labels": {"per_class": 2},
        "compression": {name: {"levels": [0.5], "options": options.get(name, {})} for name in plugins},
    }
    return Grid(read_study(values, where="test"))


def test_training_is_decided_by_model_regime_and_all_its_views() -> None:
    found = sources.of_training(grid(), "fixmatch")
    assert found[:2] == ["lethe/networks/families/resnet.py", "lethe/regimes/kinds/fixmatch.py"]
    assert set(found[2:]) == DEFAULTS | {BLUR, SOLARIZE} and len(set(found)) == len(found)
    assert sources.of_training(grid(), "plain")[1] == SUPERVISED


def test_training_under_a_method_is_decided_by_its_file_too() -> None:
    found = sources.of_training_compressed(grid(), "gmp", "simclr")
    assert found == ["lethe/compress/methods/gmp.py", *sources.of_training(grid(), "simclr")]


@pytest.mark.parametrize(
    ("method", "options", "is_finetuned"),
    [
        ("iterative_magnitude", {}, True),
        ("iterative_magnitude", {"finetune_epochs": 0}, False),
        ("random", {}, False),
        ("random", {"finetune_epochs": 2}, True),
    ],
)
def test_compression_is_decided_by_the_regime_that_fine_tunes(
    method: str, options: dict[str, Any], is_finetuned: bool
) -> None:
    study = grid(**{method: options})
    assert sources.finetunes(study, method, "simclr") is is_finetuned
    found = sources.of_compression(study, method, "simclr")
    assert found[:2] == ["lethe/networks/families/resnet.py", f"lethe/compress/methods/{method}.py"]
    assert (SUPERVISED in found) is is_finetuned
    assert set(found[3:]) == (DEFAULTS if is_finetuned else set())


def test_fine_tuning_has_the_views_of_the_training_that_it_continues() -> None:
    views = {r: set(sources.of_compression(grid(), "iterative_magnitude", r)[3:]) for r in ("supervised", "plain")}
    assert views == {"supervised": DEFAULTS | {BLUR}, "plain": DEFAULTS}


def test_every_file_is_there() -> None:
    study = grid()
    files = [*sources.of_training(study, "fixmatch"), *sources.of_training_compressed(study, "gmp", "simclr")]
    files += sources.of_compression(study, "iterative_magnitude", "plain")
    assert all((SCRIPTS / file).is_file() for file in files)
    assert registry.FINETUNING in registry.names(registry.REGIMES)
