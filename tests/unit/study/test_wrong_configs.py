"""Every mistake in a config is one readable message: file, key, what was given, what is allowed, the nearest name."""

from copy import deepcopy
from typing import Any

import pytest
import yaml

from lethe.core.errors import ConfigError
from lethe.study.config import read_study
from lethe.study.older_keys import older_keys
from lethe.study.options import check_options

GOOD = yaml.safe_load(
    """
    study: trial
    dataset: {name: toy, options: {classes: 3}}
    model: {name: resnet, options: {blocks: [1], width: 4}}
    seeds: {count: 4, block: 2}
    regimes: {supervised: {epochs: 2}}
    compression:
      random: {levels: [0.1, 0.5], options: {recalibrate: 10}}
    """
)
DELETE = "<deleted>"


def changed(key: str, value: Any) -> dict[str, Any]:
    config = deepcopy(GOOD)
    *parents, last = key.split("/")
    place = config
    for parent in parents:
        place = place[parent]
    if value is DELETE:
        del place[last]
    else:
        place[last] = value
    return config


# (key to change, its new value, what the message must contain)
WRONG = [
    ("study", DELETE, ["'study' is missing"]),
    ("study", "my study", ["study", "'my study' given", "letters, digits"]),
    ("study", "../elsewhere", ["'../elsewhere' given"]),
    ("dataset/name", "digit", ["dataset.name", "unknown data set 'digit'", "did you mean 'digits'?"]),
    ("dataset/name", DELETE, ["'dataset.name' is missing"]),
    ("dataset/roott", "x", ["unknown key 'dataset.roott'", "did you mean 'root'?"]),
    ("dataset/train_size", 0, ["dataset.train_size", "0 given", "at least 1"]),
    ("dataset/train_size", "many", ["dataset.train_size", "'many' given", "a whole number"]),
    ("dataset/options", {"colour": True}, ["unknown key 'dataset.options.colour'", "classes"]),
    ("dataset/options", {"classes": 1}, ["dataset.options.classes", "1 given", "at least 2"]),
    ("model/name", "resnett", ["model.name", "unknown model 'resnett'", "did you mean 'resnet'?"]),
    ("model/options", {"widht": 4}, ["unknown key 'model.options.widht'", "did you mean 'width'?"]),
    ("model/options", {"width": "wide"}, ["model.options.width", "'wide' given"]),
    ("seeds/count", 1, ["seeds.count", "1 given", "at least 2"]),
    ("seeds/block", 3, ["seeds", "count 4 is not a multiple of block 3"]),
    ("seeds/block", 0, ["seeds.block", "0 given"]),
    ("seeds/study", -1, ["seeds.study", "-1 given"]),
    ("regimes", {}, ["regimes", "at least 1"]),
    ("regimes/supervized", {"epochs": 2}, ["unknown regime 'supervized'", "did you mean 'supervised'?"]),
    ("regimes/supervised", {}, ["'regimes.supervised.epochs' is missing", "learning_rate"]),
    ("regimes/supervised/epoch", 3, ["unknown key 'regimes.supervised.epoch'", "did you mean 'epochs'?"]),
    ("regimes/supervised/learning_rate", -0.1, ["regimes.supervised.learning_rate", "-0.1 given", "above 0"]),
    (
        "regimes/supervised/optimizer",
        "adam",
        ["regimes.supervised.optimizer", "'adam' given", "'sgd', 'adamw' or"],
    ),
    ("regimes/fixmatch", {"epochs": 2}, ["regimes.fixmatch", "uses some of the labels", "labels: {per_class: 4}"]),
    ("regimes/few", {"plugin": "fixmatch", "epochs": 2}, ["regimes.few", "uses some of the labels"]),
    ("regimes/few", {"plugin": "fixmatsch", "epochs": 2}, ["regimes.few.plugin", "did you mean 'fixmatch'?"]),
    ("regimes/supervised/stop_after", 3, ["regimes.supervised", "stop_after 3 is beyond the 2 epochs"]),
    ("labels", {}, ["labels", "{} given; give exactly one of per_class and share"]),
    ("labels", {"per_class": 4, "share": 0.1}, ["labels", "give exactly one of per_class and share"]),
    ("labels", {"per_class": 0}, ["labels.per_class", "0 given", "at least 1"]),
    ("labels", {"share": 1.5}, ["labels.share", "1.5 given", "at most 1"]),
    ("compression/random/regimes", ["simclr"], ["compression.random.regimes", "unknown regime 'simclr'"]),
    ("compression/random/regimes", [], ["compression.random.regimes", "at least 1"]),
    ("generalisation", {"blocks": 3}, ["generalisation.blocks", "3 given", "the seeds form 2 blocks; lower it"]),
    ("generalisation", {"label_noise": [1.5]}, ["generalisation.label_noise[0]", "1.5 given"]),
    ("generalisation", {"label_noise": [0.1, 0.1]}, ["generalisation.label_noise", "two of them the same"]),
    ("generalisation", {"train_sizes": [200, 100]}, ["train_sizes: 100 given, but regimes.supervised takes 128"]),
    ("regimes/supervised/views", ["flip"], ["regimes.supervised.views", "'flip' does not preserve", "crop"]),
    ("compression", {}, ["compression", "at least 1"]),
    ("compression/dense", {"levels": [0.5]}, ["compression.dense", "choose another name"]),
    ("compression/randon", {"levels": [0.5]}, ["unknown compression method 'randon'", "did you mean 'random'?"]),
    ("compression/mine", {"plugin": "foldd", "levels": [0.5]}, ["compression.mine.plugin", "'foldd'", "known:"]),
    ("compression/random/levels", [], ["compression.random.levels", "no level given"]),
    (
        "compression/random/levels",
        [0.5, 1.5],
        ["compression.random.levels", "1.5 is not a sparsity", "between 0 and 1"],
    ),
    ("compression/random/levels", [0.9, "0.90"], ["compression.random.levels", "level 0.90 is given twice"]),
    (
        "compression/random/levels",
        ["half"],
        ["compression.random.levels", "'half' is not a number; write a number, and a comma between two"],
    ),
    ("compression/random/levels", [0.0], ["compression.random.levels", "0.0 is not a sparsity"]),
    ("compression/random/level", [0.5], ["unknown key 'compression.random.level'", "did you mean 'levels'?"]),
    ("compression/random/options", {"recalibrate": -5}, ["compression.random.options.recalibrate", "-5 given"]),
    ("compression/random/options", {"recal": 5}, ["unknown key 'compression.random.options.recal'"]),
    (
        "compression/quantize",
        {"levels": [8, 1]},
        ["compression.quantize.levels", "1 is not a number of bits", "from 2 to 16"],
    ),
    ("compression/quantize", {"levels": [0.5]}, ["compression.quantize.levels", "0.5 is not a number of bits"]),
    (
        "compression/quantize",
        {"levels": [8], "options": {"finetune_epochs": 2}},
        ["compression.quantize.options", "finetune_epochs"],
    ),
    (
        "compression/fold",
        {"levels": [0.5], "options": {"repair": "recalibrate"}},
        ["compression.fold.options", "needs a number of images"],
    ),
    (
        "compression/fold",
        {"levels": [0.5], "options": {"repair": "recallibrate"}},
        ["compression.fold.options.repair", "'recallibrate' given", "'deep_inversion'"],
    ),
    ("compression/fold", {"levels": [1]}, ["compression.fold.levels", "1 is not a channel sparsity"]),
    (
        "compression/merge_activations",
        {"levels": [0.5], "options": {"images": 1}},
        ["compression.merge_activations.options.images", "1 given", "at least 2"],
    ),
    (
        "compression/late",
        {"plugin": "gmp", "levels": [0.5], "options": {"begin": 9, "end": 3, "every": 1}},
        ["compression.late.options", "begin 9 is not before end 3"],
    ),
    (
        "compression/gmp",
        {"levels": [0.5], "options": {"begin": 0, "end": 3}},
        ["'compression.gmp.options.every' is missing"],
    ),
    ("measures", {"latency": "often"}, ["measures.latency: 'often' given", "true, false, or options of the measure"]),
    ("measures", {"latency": 1}, ["measures.latency: 1 given", "true, false, or options of the measure"]),
    ("measures", {"latency": None}, ["measures.latency: null given"]),
    ("measures", {"latency": {"batches": []}}, ["measures.latency.batches", "at least 1"]),
    ("measures", {"latenci": True}, ["measures.latenci", "unknown measure 'latenci'", "did you mean 'latency'?"]),
    ("measures", {"shares": False}, ["measures.shares", "unknown measure 'shares'", "known: cost, "]),
    ("measures", {"cost": {"rounds": 5}}, ["unknown key 'measures.cost.rounds'", "known: none"]),
    (
        "measures",
        {"predictions": False},
        ["measures.predictions: false given", "PIE sets are made from it", "leave the line out"],
    ),
    ("measures", {"predictions": {"logits": "maybe"}}, ["measures.predictions.logits", "'maybe' given"]),
    ("cost", {"seconds": 5}, ["unknown key 'cost'", "known: "]),
    (
        "evaluation",
        {"splits": ["holdout"]},
        ["evaluation.splits[0]", "'holdout' given", "'test', 'validation' or 'train'"],
    ),
    (
        "evaluation",
        {"splits": ["test", "test@fgo-3"]},
        ["evaluation.splits[1]", "'test@fgo-3' given", "known:", "'fog'?"],
    ),
    ("evaluation", {"splits": ["test", "test@fog-6"]}, ["evaluation.splits[1]", "severity '6'", "1 to 5"]),
    (
        "evaluation",
        {"splits": ["test", "test@fog-3", "test@*-3"]},
        ["evaluation.splits", "'test@fog-3' is asked for twice"],
    ),
    ("evaluation", {"splits": ["test@fog-3"]}, ["evaluation.splits", "add 'test' to the list"]),
    ("evaluation", {"splits": ["validation", "test"]}, ["evaluation.splits", "dataset: {validation_size: 200}"]),
    ("evaluation", {"splits": ["test", "test@saturate-2"]}, ["evaluation.splits", "toy are grey; remove it"]),
    ("evaluation", {"splits": []}, ["evaluation.splits", "at least 1"]),
    ("device", "gpu", ["device", "'gpu' given", "'cuda'"]),
    ("precision", "fp16", ["precision", "'fp16' given", "'bf16'"]),
    ("sparsity", 0.5, ["unknown key 'sparsity'", "known:"]),
]


@pytest.mark.parametrize(("key", "value", "expected"), WRONG, ids=[f"{key}={value!r}"[:60] for key, value, _ in WRONG])
def test_a_mistake_is_named(key: str, value: Any, expected: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        study = read_study(changed(key, value), where="studies/trial.yaml")
        check_options(study, where="studies/trial.yaml")
    message = str(caught.value)
    assert all(line.startswith("studies/trial.yaml: ") for line in message.splitlines())
    for part in expected:
        assert part in message


# (regime that uses some of the labels, its options, what the message must contain)
WRONG_WITH_LABELS = [
    ("fixmatch", {"threshold": 1.2}, ["threshold", "1.2 given", "at most 1"]),
    ("fixmatch", {"threshold": -0.1}, ["threshold", "-0.1 given", "at least 0"]),
    ("fixmatch", {"decay": 1}, ["decay", "1 given", "below 1"]),
    ("fixmatch", {"strong_views": ["cutouts"]}, ["strong_views[0]", "did you mean 'cutout'?"]),
    ("fixmatch", {"strong_views": ["flip"]}, ["strong_views[0]", "'flip' does not preserve"]),
    ("mean_teacher", {"ramp": 2}, ["ramp", "2 given", "at most 1"]),
    ("mean_teacher", {"weight": -1}, ["weight", "-1 given", "at least 0"]),
    ("pseudo_label", {"ramp_start": 0.9}, ["ramp_start 0.9 is after ramp_end 0.6"]),
    ("simclr_finetune", {"pretrain_share": 80}, ["pretrain_share", "80 given", "at most 1"]),
    ("simclr_finetune", {"temperature": 0}, ["temperature", "0 given", "above 0"]),
    ("supervised_labelled", {"unlabelled_ratio": 0}, ["unlabelled_ratio", "0 given", "at least 1"]),
    ("supervised_labelled", {"threshold": 0.9}, ["unknown key 'regimes.supervised_labelled.threshold'"]),
]


@pytest.mark.parametrize(("regime", "options", "expected"), WRONG_WITH_LABELS)
def test_a_mistake_in_a_regime_of_few_labels_is_named(
    regime: str, options: dict[str, Any], expected: list[str]
) -> None:
    config = {**deepcopy(GOOD), "labels": {"per_class": 4}}
    config["regimes"][regime] = {"epochs": 2}
    check_options(read_study(config, where="trial"), where="trial")
    config["regimes"][regime].update(options)
    with pytest.raises(ConfigError) as caught:
        check_options(read_study(config, where="trial"), where="trial")
    for part in [f"regimes.{regime}", *expected]:
        assert part in str(caught.value)


OLDER = [
    ("cost", {"latency": False}, "{latency: false}"),
    ("cost", {"batches": [1, 8]}, "{latency: {batches: [1, 8]}}"),
    ("cost", {"rounds": 9}, "{latency: {rounds: 9}}"),
    ("evaluation", {"probes": False}, "{probes: false, untrained: false, pixels: false}"),
    ("evaluation", {"logits": True}, "{predictions: {logits: true}}"),
]


@pytest.mark.parametrize(("section", "given", "now"), OLDER)
def test_an_older_key_counts_and_how_it_is_written_now_is_told(section: str, given: dict[str, Any], now: str) -> None:
    config = changed(section, given)
    (sentence,) = older_keys(config)
    assert sentence == f"{section}.{next(iter(given))}: now written measures: {now}"
    meant = {**GOOD, **yaml.safe_load(sentence.partition("now written ")[2])}
    assert read_study(config, where="trial") == read_study(meant, where="trial")


def test_older_keys_add_up_and_yield_to_what_measures_says() -> None:
    both = read_study({**GOOD, "cost": {"batches": [4], "rounds": 9}}, where="trial")
    assert both.measures == {"latency": {"batches": [4], "rounds": 9}}
    none = read_study({**GOOD, "cost": {"rounds": 9, "latency": False}}, where="trial")
    assert none.measures == {"latency": False}
    said = read_study({**GOOD, "cost": {"latency": False}, "measures": {"latency": {"rounds": 7}}}, where="trial")
    assert said.measures == {"latency": {"rounds": 7}}


def test_a_measure_that_another_needs_cannot_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = {"cost": ("latency",)}
    monkeypatch.setattr("lethe.study.config.needed_results", lambda name: needs.get(name, ()))
    message = "trial: measures.latency: false given, but measure 'cost' is made from it; leave the line out"
    with pytest.raises(ConfigError) as caught:
        read_study(changed("measures", {"latency": False}), where="trial")
    assert str(caught.value) == message
    assert "latency" not in read_study(changed("measures", {"latency": False, "cost": False}), where="t").asked_measures


def test_the_unchanged_config_is_accepted() -> None:
    study = read_study(GOOD, where="trial")
    check_options(study, where="trial")
    assert study.plugin("random") == "random"


def test_all_mistakes_are_told_at_once() -> None:
    config = changed("dataset/name", "digit")
    config["compression"]["random"]["levels"] = [2]
    with pytest.raises(ConfigError) as caught:
        read_study(config, where="trial")
    assert len(str(caught.value).splitlines()) == 2


def test_a_method_may_appear_under_several_names() -> None:
    config = changed("compression/late", {"plugin": "random", "levels": [0.3]})
    assert read_study(config, where="trial").plugin("late") == "random"
