"""Masks in the training loop: asked once a step with the step's number, in force before the step and after it."""

from dataclasses import replace

import pytest
import torch

from lethe.networks.spec import Classifier, Masks
from lethe.regimes.learner import Learner
from lethe.training.loop import EpochEnd, TrainingData, fit
from support.small import small_model, small_plan, states_equal, toy_data

LAYER = "encoder.conv1.weight"
PLAN = small_plan((0,))
STEPS = 24  # 96 images, 16 a step, 4 epochs


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    train, _ = toy_data(tmp_path_factory.mktemp("data"))
    return TrainingData(torch.from_numpy(train.images[:]), torch.from_numpy(train.labels))


def half(model: Classifier) -> Masks:
    mask = torch.ones_like(model.get_parameter(LAYER), dtype=torch.bool)
    mask[:, :, 0] = False  # the first row of every filter
    return {LAYER: mask}


def test_masks_are_asked_before_every_step_by_its_number(data: TrainingData) -> None:
    asked: list[int] = []

    def masks(step: int, model: Classifier) -> Masks:
        asked.append(step)
        return {}

    plan = replace(PLAN, masks=masks)
    fit(Learner(small_model()), data, plan, 0)
    assert asked == list(range(STEPS)) == list(range(PLAN.options.total_steps(96)))
    asked.clear()
    fit(Learner(small_model()), data, plan, 0, first_epoch=3)
    assert asked == list(range(18, STEPS))


def test_empty_masks_leave_the_training_as_it_is(data: TrainingData) -> None:
    plain, masked = small_model(), small_model()
    fit(Learner(plain), data, PLAN, 0)
    fit(Learner(masked), data, replace(PLAN, masks=lambda step, model: {}), 0)
    assert states_equal(plain.state_dict(), masked.state_dict())


def test_a_masked_weight_is_zero_in_the_very_step_and_after_it(data: TrainingData) -> None:
    model = small_model()
    seen: list[bool] = []
    after: list[bool] = []

    def is_zero() -> bool:
        return bool((model.get_parameter(LAYER)[:, :, 0] == 0).all())

    def look(end: EpochEnd) -> None:
        after.append(is_zero())

    model.encoder.conv1.register_forward_pre_hook(lambda layer, inputs: seen.append(is_zero()))
    plan = replace(PLAN, masks=lambda step, network: half(network) if step >= 7 else {})
    fit(Learner(model), data, plan, 0, after_epoch=look)
    assert seen == [False] * 7 + [True] * (STEPS - 7)
    assert after == [False, True, True, True]
    assert (model.get_parameter(LAYER)[:, :, 1:] != 0).all()


def test_a_weight_that_is_let_go_again_grows(data: TrainingData) -> None:
    model = small_model()
    plan = replace(PLAN, masks=lambda step, network: half(network) if step < 20 else {})
    fit(Learner(model), data, plan, 0)
    assert (model.get_parameter(LAYER)[:, :, 0] != 0).any()
