"""What every training regime of the registry promises."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lethe.core import registry
from lethe.data.augment import augment, read_pipeline
from lethe.data.default_views import ImageTraits
from lethe.data.labelled import labelled_frame
from lethe.data.sets.toy import Options as ToyOptions
from lethe.data.sets.toy import load as load_toy
from lethe.data.store import BothSplits
from lethe.networks.build import empty_classifier
from lethe.networks.predict import predict_logits
from lethe.regimes.learner import Learner
from lethe.regimes.spec import Batch, RegimeSpec
from lethe.training import block as module
from lethe.training.block import TrainedBlock, train_block
from lethe.training.loop import make_optimizer
from lethe.training.plan import TrainingPlan
from lethe.training.progress import Progress
from support.fitting import own_examples
from support.near import assert_near
from support.small import RESNET, arrays_equal, small_model, small_plan, states_equal, toy_data, toy_splits

REGIMES = registry.names(registry.REGIMES)
# One of each kind of state that must outlive a step: none, slow copies with a queue, an average with few labels. The
# long tests try the others, which keep the same kinds of state in the same learner.
KINDS_OF_STATE = ("supervised", "moco", "fixmatch")
ONE_OF_EACH = [
    pytest.param(name, marks=[pytest.mark.slow] + [pytest.mark.long] * (name not in KINDS_OF_STATE)) for name in REGIMES
]
TRAITS = ImageTraits(1, ("crop",))


def options_for(spec: RegimeSpec) -> Any:
    return spec.Options(**{"epochs": 1, "batch_size": 24, "learning_rate": 0.05, **own_examples(spec.Options)})


def random_batch(spec: RegimeSpec, seed: int, progress: float = 0.5) -> Batch:
    """Fresh views of the first toy images, and of others where a regime has unlabelled ones."""
    images = torch.from_numpy(load_toy(ToyOptions(), None, "train").read(np.arange(72)))
    asked, generator = spec.views(options_for(spec), TRAITS), torch.Generator().manual_seed(seed)
    seen, others = images[:24], images[24:]
    return Batch(
        tuple(augment(seen, read_pipeline(steps), generator) for steps in asked.images),
        torch.arange(24) % 3,
        tuple(augment(others, read_pipeline(steps), generator) for steps in asked.unlabelled),
        progress,
    )


def new_learner(spec: RegimeSpec, seed: int = 0) -> Learner:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return spec.start(small_model(seed), options_for(spec)).train()


def take_step(spec: RegimeSpec, learner: Learner, optimizer: torch.optim.Optimizer, batch: Batch) -> float:
    value = spec.loss(learner, batch, options_for(spec)).value
    optimizer.zero_grad(set_to_none=True)
    value.backward()
    optimizer.step()
    with torch.no_grad():
        spec.after_step(learner, batch, options_for(spec))
    return float(value.detach())


@pytest.mark.parametrize("name", REGIMES)
def test_a_spec_fits_its_labels_and_its_head(name: str) -> None:
    spec = registry.load(registry.REGIMES, name)
    asked = spec.views(options_for(spec), TRAITS)
    assert spec.name == name
    assert bool(asked.unlabelled) <= (spec.labels == "some")
    assert spec.labels != "none" or spec.head == "probe"


@pytest.mark.slow
@pytest.mark.parametrize("name", REGIMES)
def test_the_loss_is_a_finite_scalar_that_trains_the_encoder(name: str) -> None:
    spec = registry.load(registry.REGIMES, name)
    for progress in (0.0, 0.9):
        learner, batch = new_learner(spec), random_batch(spec, 0, progress)
        loss = spec.loss(learner, batch, options_for(spec))
        assert loss.value.shape == () and loss.value.dtype == torch.float32 and torch.isfinite(loss.value)
        loss.value.backward()
        first_layer = next(learner.model.encoder.parameters())
        assert first_layer.grad is not None and float(first_layer.grad.abs().sum()) > 0
        assert all(parameter.grad is None for parameter in learner.slow.parameters())
        if spec.head == "probe":
            assert loss.features.shape[1] == learner.model.head.in_features
            assert len(loss.features) in (24, 24 * len(batch.images))


@pytest.mark.slow
@pytest.mark.parametrize("name", REGIMES)
def test_the_loss_falls_over_some_steps_of_random_views(name: str) -> None:
    spec = registry.load(registry.REGIMES, name)
    learner = new_learner(spec)
    optimizer = make_optimizer(learner, options_for(spec))
    values = [take_step(spec, learner, optimizer, random_batch(spec, seed)) for seed in range(13)]
    assert sum(values[-4:]) < sum(values[1:5])


@pytest.mark.slow
@pytest.mark.parametrize("name", REGIMES)
def test_labels_count_exactly_where_the_regime_says_so(name: str) -> None:
    spec = registry.load(registry.REGIMES, name)
    batches = [random_batch(spec, 0, progress) for progress in (0.0, 0.9)]
    permuted = [replace(batch, labels=batch.labels.sort().values) for batch in batches]
    learner = new_learner(spec)
    one, other = ([spec.loss(learner, b, options_for(spec)).value for b in seen] for seen in (batches, permuted))
    assert all(map(torch.equal, one, other)) == (spec.labels == "none")


@pytest.mark.slow
@pytest.mark.parametrize("name", REGIMES)
def test_the_next_step_depends_on_nothing_but_the_learners_state(name: str) -> None:
    spec = registry.load(registry.REGIMES, name)
    learner, other = new_learner(spec, 0), new_learner(spec, 1)
    both = (learner, other)
    optimizers = [torch.optim.SGD([p for p in one.parameters() if p.requires_grad], lr=0.05) for one in both]
    for seed in range(3):
        take_step(spec, learner, optimizers[0], random_batch(spec, seed))
    other.load_state_dict(learner.state_dict())
    values = [
        take_step(spec, one, optimizer, random_batch(spec, 9)) for one, optimizer in zip(both, optimizers, strict=True)
    ]
    assert values[0] == values[1]
    assert states_equal(learner.state_dict(), other.state_dict())


@pytest.mark.slow
@pytest.mark.parametrize("name", REGIMES)
def test_in_half_precision_the_loss_is_nearly_the_same(name: str) -> None:
    spec = registry.load(registry.REGIMES, name)
    learner, batch = new_learner(spec), random_batch(spec, 0)
    full = spec.loss(learner, batch, options_for(spec)).value
    with torch.autocast("cpu", torch.bfloat16):
        half = spec.loss(learner, batch, options_for(spec)).value
    assert half.dtype == torch.float32
    assert_near(half, full, rtol=0.1, atol=0.02)


def plan_for(name: str, seeds: tuple[int, ...], folder: Path, **options: Any) -> TrainingPlan:
    """Four epochs with the labels of 5 images per class, where only some may be known."""
    options = {**own_examples(registry.load(registry.REGIMES, name).Options), **options}
    plan = small_plan(seeds, regime_name=name, **options)
    if plan.regime.labels != "some":
        return plan
    plan = small_plan(seeds, regime_name=name, **{"unlabelled_ratio": 2, "batch_size": 8, **options})
    train, _ = toy_data(folder)
    frame = labelled_frame(train.labels, train.example_ids, seeds, study_seed=0, per_class=5, share=None)
    return replace(plan, labelled=frame)


def train(name: str, seeds: tuple[int, ...], folder: Path, **options: Any) -> TrainedBlock:
    return train_block(
        plan_for(name, seeds, folder, **options), toy_splits(folder), folder / "out.safetensors", lambda step: None
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", REGIMES)
def test_a_small_training_ends_with_a_head_that_knows_the_classes(tmp_path: Path, name: str) -> None:
    block, (_, test) = train(name, (0,), tmp_path, epochs=8), toy_data(tmp_path)
    model = empty_classifier(RESNET)
    model.load_state_dict(block.states[0])
    predictions = predict_logits(model.eval(), torch.from_numpy(test.images[:])).argmax(dim=1)
    accuracy = float((predictions == torch.from_numpy(test.labels)).float().mean())
    assert accuracy > 0.55  # by chance 0.33, more than 0.52 in one of 1000 guesses of 60


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_seed_is_the_same_network_whatever_its_block(tmp_path: Path, name: str) -> None:
    together = train(name, (2, 3), tmp_path / "together", epochs=2)
    alone = train(name, (3,), tmp_path / "alone", epochs=2)
    assert states_equal(together.states[1], alone.states[0])
    assert not states_equal(together.states[0], together.states[1])


class Killed(BaseException):
    """Stands for a signal: nothing in the code catches it."""


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_killed_training_resumes_to_the_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_SAVES", 0.0)
    undisturbed = train(name, (0,), tmp_path / "calm")
    folder, epochs = tmp_path / "killed", []

    def die(step: Progress) -> None:
        epochs.append(step)
        if len(epochs) == 2:
            raise Killed

    plan, data = plan_for(name, (0,), folder), toy_data(folder)
    with pytest.raises(Killed):
        train_block(plan, BothSplits(*data), folder / "out.safetensors", die)
    trained_again: list[Progress] = []
    resumed = train_block(plan, BothSplits(*data), folder / "out.safetensors", trained_again.append)
    assert len(trained_again) == 2
    assert states_equal(resumed.states[0], undisturbed.states[0])
    splits = BothSplits(*data)
    assert arrays_equal(resumed.trajectories(splits), undisturbed.trajectories(splits))
