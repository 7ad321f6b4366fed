"""A method that looks at labels is asked before any job how many, whatever it calls that number."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from lethe.compress.feasible import check_compression
from lethe.compress.spec import Compressed, CompressSpec, Inputs, InTrainingOptions, InTrainingSpec, PostHocOptions
from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.networks.spec import Classifier
from lethe.study.config import Study, read_study

pytestmark = pytest.mark.slow
LABELLED = "channel_taylor"  # one whose SPEC asks for labels; what it does is replaced here


def study(trained: list[str], **compression: Any) -> Study:
    values = {
        "study": "trial",
        "dataset": {"name": "toy", "options": {"size": 16, "train": 100}},
        "model": {"name": "resnet", "options": {"blocks": [1], "width": 4}},
        "seeds": {"count": 2, "block": 1},
        "labels": {"per_class": 4},
        "regimes": {regime: {"epochs": 1, "batch_size": 4} for regime in trained},
        "compression": {"mine": {"plugin": LABELLED, "levels": [0.5], **compression}},
    }
    return read_study(values, where="trial.yaml")


def look(count: int) -> Callable[..., Compressed]:
    """A method that states nowhere how many images it looks at."""

    def compress(
        model: Classifier, level: float, options: PostHocOptions, inputs: Inputs, generator: torch.Generator
    ) -> Compressed:
        inputs.images(10, purpose="statistics")
        inputs.labelled_images(count, purpose="sample")
        raise AssertionError("the look before any job has ended the method")

    return compress


def fail(*_: Any) -> Compressed:
    raise ZeroDivisionError("this network is not trained")


def loading(monkeypatch: pytest.MonkeyPatch, spec: CompressSpec | InTrainingSpec) -> None:
    load = registry.load
    monkeypatch.setattr(registry, "load", lambda room, name: spec if name == LABELLED else load(room, name))


def spec_that(compress: Callable[..., Compressed]) -> CompressSpec:
    return replace(registry.load(registry.METHODS, LABELLED), Options=PostHocOptions, compress=compress)


@pytest.mark.parametrize(
    ("count", "regimes", "refused"),
    [
        (12, ["supervised", "fixmatch", "simclr"], {}),
        (13, ["supervised", "fixmatch", "simclr"], {"fixmatch": 12}),
        (101, ["supervised", "fixmatch", "simclr"], {"supervised": 100, "fixmatch": 12, "simclr": 100}),
    ],
)
def test_more_labelled_images_than_a_regime_has_are_refused(
    count: int, regimes: list[str], refused: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    loading(monkeypatch, spec_that(look(count)))
    said = ""
    try:
        check_compression(study(regimes), where="trial.yaml")
    except ConfigError as error:
        said = str(error)
    assert said.splitlines() == [
        f"trial.yaml: compression.mine, regime '{regime}': sample: {count} labelled training images asked for, but "
        f"there are {there}; lower it"
        for regime, there in refused.items()
    ]


def test_regimes_that_the_method_is_not_for_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    loading(monkeypatch, spec_that(look(50)))
    check_compression(study(["supervised", "fixmatch"], regimes=["supervised"]), where="trial.yaml")


def test_what_a_method_says_of_an_untrained_network_is_left_to_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    loading(monkeypatch, spec_that(fail))
    check_compression(study(["supervised"]), where="trial.yaml")


def test_methods_that_act_during_training_are_asked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    known = registry.load(registry.METHODS, "small_dense")
    loading(monkeypatch, replace(known, Options=InTrainingOptions, start=look(13), labels=True))
    with pytest.raises(ConfigError, match=r"mine, regime 'fixmatch': sample: 13 labelled .* there are 12; lower it"):
        check_compression(study(["fixmatch"]), where="trial.yaml")
