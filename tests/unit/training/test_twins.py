"""Training under a twin: wrong labels reach every head, fewer images are trained on in as many steps."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import train as script
from lethe.core.errors import ConfigError
from lethe.core.seeding import Replicate
from lethe.data.labelled import labelled_frame
from lethe.data.store import BothSplits, Stored
from lethe.data.twins import Twin, changed_split
from lethe.networks.build import empty_classifier
from lethe.networks.checkpoint import read_block
from lethe.networks.predict import extract_features
from lethe.networks.probe import fit_linear_probe
from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch, Loss, RegimeOptions, SemiOptions
from lethe.training.block import train_block
from lethe.training.loop import training_data
from lethe.training.plan import in_as_many_steps
from support.near import assert_near
from support.small import RESNET, small_plan, states_equal, toy_data

NOISY = Twin(label_noise=0.5)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stored, Stored]:
    return toy_data(tmp_path_factory.mktemp("data"))


@pytest.mark.slow
def test_a_twin_is_what_training_on_the_changed_split_gives(data: tuple[Stored, Stored], tmp_path: Path) -> None:
    plan, (train, test) = small_plan((3,)), data
    change = Twin(0.5, 48)
    twin = train_block(replace(plan, twin=change), BothSplits(train, test), tmp_path / "a", lambda step: None)
    changed = changed_split(train, change, Replicate(0, 3))
    alone = train_block(plan, BothSplits(changed, test), tmp_path / "b", lambda step: None)
    assert states_equal(twin.states[0], alone.states[0])
    # What is watched stays: the study's own images by their true labels, so that curves can be compared.
    assert not twin.curves().equals(alone.curves())


@pytest.mark.slow
def test_the_probe_of_a_label_free_regime_is_fitted_to_the_wrong_labels(
    data: tuple[Stored, Stored], tmp_path: Path
) -> None:
    plan, (train, test) = small_plan((3,), epochs=1), data
    plan = replace(plan, regime=replace(plan.regime, labels="none", head="probe", loss=without_labels))
    clean, noisy = (
        train_block(replace(plan, twin=v), BothSplits(train, test), tmp_path / v.name, lambda step: None).states[0]
        for v in (Twin(), NOISY)
    )
    assert all(torch.equal(clean[name], noisy[name]) for name in clean if not name.startswith("head."))
    model = small_model_of(noisy)
    images = torch.from_numpy(train.images[:])
    probe = fit_linear_probe(
        extract_features(model, images),
        torch.from_numpy(changed_split(train, NOISY, Replicate(0, 3)).labels),
        num_classes=3,
        generator=Replicate(0, 3).numpy("probe"),
    )
    assert_near(noisy["head.weight"], probe.weight.float(), rtol=1e-4, atol=1e-5)


def without_labels(learner: Learner, batch: Batch, options: RegimeOptions) -> Loss:
    """A stand-in for a label-free regime: features of unit size."""
    features = learner.model.features(batch.images[0])
    return Loss((features.square().mean() - 1).square(), features)


def small_model_of(state: dict[str, torch.Tensor]) -> Classifier:
    model = empty_classifier(RESNET)
    model.load_state_dict(state)
    return model.eval()


def test_labelled_images_carry_their_share_of_the_noise(data: tuple[Stored, Stored]) -> None:
    train = data[0]
    labelled = labelled_frame(train.labels, train.example_ids, (3,), study_seed=0, per_class=8, share=None)
    plan = replace(small_plan((3,), regime_name="supervised_labelled"), labelled=labelled)
    noisy = changed_split(train, NOISY, Replicate(0, 3), labelled)
    given = training_data(plan, noisy, 3)
    rows = given.labelled.numpy()
    assert np.array_equal(given.labels.numpy()[rows], noisy.labels[rows])
    assert (noisy.labels[rows] != train.labels[rows]).any() and (given.labels.numpy() >= 0).sum() == 24


@pytest.mark.parametrize(("size", "epochs", "stop_after"), [(None, 10, 4), (96, 10, 4), (48, 20, 8), (33, 30, 12)])
def test_fewer_images_are_trained_on_in_as_many_steps(size: int | None, epochs: int, stop_after: int) -> None:
    options = RegimeOptions(epochs=10, stop_after=4, batch_size=16)
    found = in_as_many_steps(options, 96, Twin(train_size=size))
    assert (found.epochs, found.stop_after) == (epochs, stop_after)
    assert replace_epochs(found, options) == options
    assert in_as_many_steps(options.model_copy(update={"stop_after": None}), 96, Twin()).stop_after is None


def replace_epochs(options: RegimeOptions, like: RegimeOptions) -> RegimeOptions:
    return options.model_copy(update={"epochs": like.epochs, "stop_after": like.stop_after})


def test_fewer_images_than_a_step_takes_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"64 images per step asked for .* there are 48 training images; lower it"):
        in_as_many_steps(SemiOptions(epochs=1, batch_size=16, unlabelled_ratio=4), 96, Twin(train_size=48))


def test_the_script_trains_a_twin_and_leaves_a_checkpoint_alone(tmp_path: Path) -> None:
    toy_data(tmp_path / "data")
    checkpoint = tmp_path / "out" / "c.safetensors"
    script.main(
        checkpoint,
        data=tmp_path / "data",
        regime="supervised",
        options=json.dumps({"epochs": 1, "batch_size": 16}),
        model=json.dumps({"name": RESNET.name, "options": RESNET.options}),
        seeds="2-3",
        train_size=48,
        device="cpu",
        precision="fp32",
    )
    assert [path.name for path in checkpoint.parent.iterdir() if not path.name.startswith(".")] == ["c.safetensors"]
    record = read_block(checkpoint).record
    assert record["twin"] == {"label_noise": 0.0, "train_size": 48} and record["regime_options"]["epochs"] == 2
