"""What a study asks for beyond its images is told before any job starts, in a sentence that names key and numbers."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from lethe.compress.enough_images import check_images
from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.options import read_options
from lethe.data import counts
from lethe.data.counts import check_root, counts_of
from lethe.networks.given_weights import check_weights
from lethe.study.config import Study, read_study
from lethe.study.config_file import read_study_file
from lethe.study.options import check_options
from lethe.study.places import state_of
from support.workspace import ROOT

STUDIES = [*sorted((ROOT / "studies").glob("*.yaml")), ROOT / "config.yaml"]
GOOD = yaml.safe_load(
    """
    study: trial
    dataset: {name: toy}
    model: {name: resnet, options: {blocks: [1], width: 4}}
    seeds: {count: 4, block: 2}
    regimes: {supervised: {epochs: 2, batch_size: 16}}
    compression: {random: {levels: [0.5]}}
    """
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No results lie where a test looks."""
    monkeypatch.chdir(tmp_path)


def study(**changes: Any) -> Study:
    return read_study({**deepcopy(GOOD), **changes}, where="trial")


def method(name: str, **options: Any) -> dict[str, Any]:
    return {"compression": {name: {"levels": [0.5], "options": options}}}


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_the_studies_that_are_here_have_enough(file: Path) -> None:
    shipped = read_study_file(file)
    check_images(shipped, where="t")
    check_root(shipped, where="t")
    assert counts_of(shipped) is not None


WRONG = {
    "too many to recalibrate": (
        method("random", recalibrate=97),
        "compression.random.options.recalibrate: 97 training images asked for, but there are 96; lower it",
    ),
    "recalibrate of a part": (
        {"dataset": {"name": "toy", "train_size": 60}, **method("random", recalibrate=61)},
        "compression.random.options.recalibrate: 61 training images asked for, but there are 60; lower it",
    ),
    "for one regime": (
        {"compression": {"random": {"levels": [0.5], "by_regime": {"supervised": {"recalibrate": 5000}}}}},
        "compression.random.by_regime.supervised.recalibrate: 5000 training images asked for",
    ),
    "compared activations": (
        method("merge_activations", images=200),
        "compression.merge_activations.options.images: 200 training images asked for, but there are 96",
    ),
    "their default": (method("merge_activations"), "compression.merge_activations.options.images: 500 training images"),
    "static ranges": (
        {"compression": {"quantize": {"levels": [8], "options": {"images": 97}}}},
        "compression.quantize.options.images: 97 training images asked for, but there are 96; lower it",
    ),
    "batch": (
        {"regimes": {"supervised": {"epochs": 2, "batch_size": 97}}},
        "regimes.supervised: 97 images per step asked for (batch_size, times unlabelled_ratio where there is one), "
        "but there are 96 training images; lower it",
    ),
    "unlabelled batches": (
        {"labels": {"per_class": 4}, "regimes": {"fixmatch": {"epochs": 2, "batch_size": 16}}},
        "regimes.fixmatch: 112 images per step asked for",
    ),
    "train_size": (
        {"dataset": {"name": "toy", "train_size": 97}},
        "dataset.train_size: 97 given, but there are 96 training examples; lower it",
    ),
    "a class left out": (
        {"dataset": {"name": "toy", "train_size": 2}},
        "dataset.train_size: 2 given, which leaves 1 of 3 classes without a training example; raise it",
    ),
    "images set aside": (
        {"dataset": {"name": "toy", "train_size": 90, "validation_size": 7}},
        "dataset.validation_size: 7 given, but 6 of 96 training examples are not trained on; lower it",
    ),
    "recalibrate beside images set aside": (
        {"dataset": {"name": "toy", "validation_size": 6}, **method("random", recalibrate=91)},
        "compression.random.options.recalibrate: 91 training images asked for, but there are 90; lower it",
    ),
    "labels per class": (
        {"labels": {"per_class": 33}},
        "labels.per_class: 33 given, but class 0 has 32 training images; lower it",
    ),
    "share of labels": (
        {"labels": {"share": 0.02}},
        "labels.share: 0.02 given, which is 2 of 96 training images and leaves 1 of 3 classes without a label",
    ),
    "labels for a probe": (
        {
            "labels": {"per_class": 1},
            "regimes": {"fixmatch": {"epochs": 2, "batch_size": 4}},
            **method("random", head="refit"),
        },
        "labels: 3 labelled images given for a linear probe, none with a second one of its class",
    ),
    "a twin's size": (
        {"generalisation": {"train_sizes": [97]}},
        "generalisation.train_sizes: 97 given, but there are 96 training images; lower it",
    ),
    "a twin without labels": (
        {
            "labels": {"per_class": 30},
            "regimes": {"fixmatch": {"epochs": 2, "batch_size": 4}},
            "generalisation": {"train_sizes": [60]},
        },
        "generalisation.train_sizes: 60 given, which leaves out 30 of 90 labelled images; raise it or label fewer",
    ),
    "a schedule after the training": (
        {"compression": {"gmp": {"levels": [0.5], "options": {"begin": 0, "end": 12, "every": 1}}}},
        "compression.gmp.options.end: step 12 given, but the training has 12 steps, 0 to 11; lower end",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_more_than_there_are_is_told(wrong: str) -> None:
    changes, expected = WRONG[wrong]
    given = study(**changes)
    check_options(given, where="trial.yaml")
    with pytest.raises(ConfigError) as caught:
        check_images(given, where="trial.yaml")
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"trial.yaml: {expected}")


@pytest.mark.parametrize(
    "changes",
    [
        method("random", recalibrate=96),
        {"compression": {"quantize": {"levels": [8], "options": {"activations": "dynamic"}}}},
        {"regimes": {"supervised": {"epochs": 2, "batch_size": 96}}},
        {"dataset": {"name": "toy", "train_size": 96}, "labels": {"per_class": 32}},
        {"compression": {"gmp": {"levels": [0.5], "options": {"begin": 0, "end": 11, "every": 1}}}},
        {"generalisation": {"train_sizes": [95]}},
    ],
)
def test_as_many_as_there_are_is_enough(changes: dict[str, Any]) -> None:
    check_images(study(**changes), where="t")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (method("random", recalibrate=1), "recalibrate: 1 given; allowed: 0 for none, or at least 2 images"),
        ({"regimes": {"supervised": {"epochs": 2, "batch_size": 1}}}, "batch_size: 1 given; allowed: at least 2"),
        (
            {"labels": {"per_class": 2}, "regimes": {"fixmatch": {"epochs": 2, "batch_size": 1}}},
            "batch_size: 1 given; allowed: at least 2",
        ),
        (method("merge_activations", images=1), "images: 1 given; allowed: at least 2"),
    ],
)
def test_one_image_is_too_few_for_a_spread(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_options(study(**changes), where="t")
    assert expected in str(caught.value)


@pytest.mark.parametrize("name", registry.names(registry.METHODS))
def test_a_method_says_which_of_its_options_ask_for_images(name: str) -> None:
    """What the method asks `inputs.images` for in its own file is what is checked before it runs."""
    source = (registry.LIBRARY / f"compress/methods/{name}.py").read_text()
    purposes = {
        part.split('"')[1] for part in source.split("inputs.images(")[1:] for part in [part.partition("purpose=")[2]]
    }
    spec = registry.load(registry.METHODS, name)
    required = {"begin": 0, "end": 1, "every": 1} if name == "gmp" else {}
    asked = getattr(read_options(spec.Options, required), "images_asked", {})
    assert purposes <= asked.keys()


def image_folder(root: Path) -> dict[str, Any]:
    for part in ("train/cat", "train/dog", "test/cat", "test/dog"):
        (root / part).mkdir(parents=True)
        for position in range(9):
            Image.fromarray(np.full((9, 9, 3), position, np.uint8)).save(root / part / f"{position}.png")
    return {"name": "image_folder", "root": str(root), "options": {"size": 8}}


def test_a_folder_of_images_is_counted_without_being_read(tmp_path: Path) -> None:
    dataset = image_folder(tmp_path / "images")
    (tmp_path / "images/train/cat/0.png").write_bytes(b"no image")
    assert counts_of(study(dataset=dataset)) == counts.Counts((9, 9), 18)
    with pytest.raises(ConfigError, match="recalibrate: 19 training images asked for, but there are 18"):
        check_images(study(dataset=dataset, **method("random", recalibrate=19)), where="t")


@pytest.mark.parametrize(
    ("name", "root", "expected"),
    [
        ("image_folder", None, "dataset.root: image_folder needs the folder that holds its files; add root: FOLDER"),
        ("image_folder", "nowhere", "dataset.root: 'nowhere' is not there; name the folder"),
        ("image_folder", "a file", "dataset.root: 'a file' is not a folder; name the folder"),
        ("image_folder", "~/images", "dataset.root: '~/images' ({home}/images) is not there; name the folder"),
        ("image_folder", "$HOME/i", "dataset.root: '$HOME/i' is not there; name the folder that holds the files of "
         "image_folder; variables such as $HOME are not filled in: write the path, or ~ for your home"),
        ("image_folder", " ", "dataset.root: ' ' given; name a folder, or leave the key out"),
        ("cifar10", "a file", "dataset.root: 'a file' is not a folder"),
        ("fashion_mnist", "~/a file", "dataset.root: '~/a file' ({home}/a file) is not a folder"),
        ("toy", "x", "dataset.root: 'x' given, but toy has no files; remove the key"),
        ("digits", "~", "dataset.root: '~' given, but digits has no files; remove the key"),
    ],
)  # fmt: skip
def test_a_root_at_which_nothing_can_lie_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, root: str | None, expected: str
) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for folder in (tmp_path, tmp_path / "home"):
        (folder / "a file").write_text("x")
    dataset = {
        "name": name,
        "options": {"size": 8} if name == "image_folder" else {},
        **({"root": root} if root else {}),
    }
    with pytest.raises(ConfigError) as caught:
        check_root(study(dataset=dataset), where="t")
    assert str(caught.value).startswith("t: " + expected.format(home=tmp_path / "home"))


def test_a_tilde_is_the_home_of_whoever_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    given = study(dataset={**image_folder(tmp_path / "images"), "root": "~/images"})
    check_root(given, where="t")
    assert counts_of(given) == counts.Counts((9, 9), 18)
    unknown = study(dataset={"name": "cifar10", "root": "~nobody_of_this_name/images"})
    check_root(unknown, where="t")


def weighted(file: str) -> Study:
    return study(model={"name": "timm", "options": {"model": "resnet10t", "weights": file}})


def test_weights_that_are_missing_or_of_another_network_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: Callable[[Path], None]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ConfigError, match=r"^t: model\.options\.weights: '~/w\.safetensors' is no file; name one"):
        check_weights(weighted("~/w.safetensors"), where="t")
    stored(tmp_path / "w.safetensors")
    with pytest.raises(ConfigError, match=r"^t: model\.options: weights .* are not those of this model"):
        check_weights(weighted("~/w.safetensors"), where="t")
    (tmp_path / "w.safetensors").write_text("no tensors")
    with pytest.raises(ConfigError, match=r"^t: model\.options: weights .*: not a safetensors file"):
        check_weights(weighted("~/w.safetensors"), where="t")


@pytest.fixture
def stored() -> Callable[[Path], None]:
    """Writes a tensor that no network has."""
    import torch
    from safetensors.torch import save_file

    return lambda file: save_file({"strange": torch.zeros(2)}, file)


def test_a_check_is_made_again_when_a_file_changes_that_a_study_names(tmp_path: Path) -> None:
    dataset = image_folder(tmp_path / "images")
    before = state_of(study(dataset=dataset))
    assert state_of(study(dataset=dataset)) == before
    (tmp_path / "images/train/dog/0.png").unlink()
    assert state_of(study(dataset=dataset)) != before
    weights = tmp_path / "w.safetensors"
    states = [state_of(weighted(str(weights)))]
    weights.write_bytes(b"x")
    assert state_of(weighted(str(weights))) not in states
