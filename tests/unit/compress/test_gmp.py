"""Gradual magnitude pruning: the cubic curve in both its forms, exact counts in a training, resumption to the bit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lethe.compress.compressor import Compressor
from lethe.compress.cubic import CubicSchedule
from lethe.compress.in_training import plan_compressed
from lethe.compress.masks import prunable_weights
from lethe.compress.methods import gmp
from lethe.core.errors import ConfigError
from lethe.networks.spec import Classifier, Masks
from lethe.regimes.learner import Learner
from lethe.training import block as module
from lethe.training.block import TrainedBlock, train_block
from lethe.training.loop import EpochEnd, fit, training_data
from lethe.training.plan import TrainingPlan
from lethe.training.progress import Progress
from support.small import small_model, small_plan, states_equal, toy_splits

STEPS = 24
schedules = st.builds(
    lambda final, begin, length, every: CubicSchedule(final, begin, begin + length, every),
    st.floats(0.01, 0.99),
    st.integers(0, 50),
    st.integers(1, 60),
    st.integers(1, 40),
)


def options(begin: int = 3, end: int = 16, every: int = 3, allocation: str = "layerwise") -> gmp.Options:
    return gmp.Options(begin=begin, end=end, every=every, allocation=allocation)


def gmp_plan(
    folder: Path, level: str, chosen: gmp.Options, seeds: tuple[int, ...] = (0,), **regime: object
) -> TrainingPlan:
    plan = small_plan(seeds, **regime)
    return plan_compressed(plan, Compressor("gmp_early", gmp.SPEC, chosen, level), toy_splits(folder).train)


def train(plan: TrainingPlan, folder: Path, report: Callable[[Progress], None] = lambda step: None) -> TrainedBlock:
    return train_block(plan, toy_splits(folder), folder / "out.safetensors", report)


@given(schedules)
@settings(deadline=None)
def test_the_schedule_rises_from_zero_to_the_level_and_only_at_updates(schedule: CubicSchedule) -> None:
    steps = range(schedule.end + 20)
    values = [schedule.sparsity(step) for step in steps]
    assert values == sorted(values)
    assert set(values[: schedule.begin + 1]) == {0.0} and set(values[schedule.end :]) == {schedule.final}
    assert all(values[t] == values[t - 1] or schedule.is_update(t) for t in steps if t)
    assert schedule.is_update(schedule.begin) and schedule.is_update(schedule.end)


@given(schedules)
@settings(deadline=None)
def test_sparsity_is_the_equation_of_zhu_and_gupta(schedule: CubicSchedule) -> None:
    s_f, t_0, t_1 = schedule.final, schedule.begin, schedule.end
    updates = [*range(t_0, t_1, schedule.every), t_1]
    assert updates == [t for t in range(t_1 + 20) if schedule.is_update(t)]
    for t in updates:
        s_i = 0.0
        s_t = s_f + (s_i - s_f) * (1 - (t - t_0) / (t_1 - t_0)) ** 3
        assert schedule.sparsity(t) == pytest.approx(s_t, abs=1e-12)


def test_a_schedule_by_hand_in_both_its_forms() -> None:
    """What is gone, and the share of the weights left that every update removes, as Corti et al. count."""
    schedule = CubicSchedule(0.96, 0, 4, 1)
    gone = [schedule.sparsity(t) for t in range(5)]
    assert gone == pytest.approx([0, 0.555, 0.84, 0.945, 0.96])
    left = 1.0
    for gamma, sparsity in zip([0.555, 0.640449438, 0.65625, 0.272727273], gone[1:], strict=True):
        left *= 1 - gamma
        assert 1 - left == pytest.approx(sparsity)


@pytest.mark.slow
@pytest.mark.parametrize("allocation", ["layerwise", "global"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_at_every_step_of_a_training_exactly_the_schedule_is_gone(
    tmp_path: Path, allocation: str, optimizer: str
) -> None:
    chosen = options(allocation=allocation)
    schedule = CubicSchedule(0.9, chosen.begin, chosen.end, chosen.every)
    plan = gmp_plan(tmp_path, "0.90", chosen, optimizer=optimizer)
    held, zeros = plan.held, []

    def watched(step: int, model: Classifier) -> Masks:
        if step:
            zeros.append({name: weight == 0 for name, weight in prunable_weights(model).items()})
        return held(step, model)

    trained = train(replace(plan, masks=watched), tmp_path)
    zeros.append({name: trained.states[0][name] == 0 for name in zeros[0]})
    assert len(zeros) == STEPS
    for step, gone in enumerate(zeros):
        sizes = {name: gone[name].numel() for name in gone}
        layers = [[name] for name in gone] if allocation == "layerwise" else [list(gone)]
        for layer in layers:
            expected = round(schedule.sparsity(step) * sum(sizes[name] for name in layer))
            assert sum(int(gone[name].sum()) for name in layer) == expected
        if step:
            assert all((gone[name] >= zeros[step - 1][name]).all() for name in gone)


def test_an_update_removes_the_smallest_weights() -> None:
    model = small_model()
    held = gmp.masks(0.5, options(begin=0, end=4, every=4), STEPS)
    assert held(0, model) == {}
    masks = held(4, model)
    for name, weight in prunable_weights(model).items():
        assert weight[~masks[name]].abs().max() <= weight[masks[name]].abs().min()


def test_between_updates_exactly_the_zeros_are_held_however_small_the_others() -> None:
    model, held = small_model(), gmp.masks(0.5, options(begin=0, end=8, every=4), STEPS)
    masks = held(4, model)
    with torch.no_grad():
        for name, mask in masks.items():
            model.get_parameter(name).sign_().mul_(1e-30 * mask)
    for step in (5, 6, 7):
        assert all(torch.equal(held(step, model)[name], mask) for name, mask in masks.items())
    assert all((held(9, model)[name] == masks[name]).all() for name in masks)  # as they are, beyond end as well


def test_a_network_that_starts_with_zeros_is_not_frozen_by_them() -> None:
    model = small_model()
    with torch.no_grad():
        model.get_parameter("encoder.conv1.weight").zero_()
    held = gmp.masks(0.5, options(begin=2, end=12, every=4), STEPS)
    assert all(held(step, model) == {} for step in range(6))  # the update at begin removes nothing
    assert held(6, model)


@pytest.mark.parametrize("epochs_before", [2, *(pytest.param(epochs, marks=pytest.mark.slow) for epochs in (1, 3))])
def test_a_killed_training_resumes_to_the_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epochs_before: int
) -> None:
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_SAVES", 0.0)
    chosen = options(begin=2, end=20, every=5)  # epochs of 6 steps begin between updates
    undisturbed = train(gmp_plan(tmp_path, "0.80", chosen), tmp_path / "calm")
    done: list[Progress] = []

    def die(step: Progress) -> None:
        done.append(step)
        if len(done) == epochs_before:
            raise KeyboardInterrupt

    plan = gmp_plan(tmp_path, "0.80", chosen)
    with pytest.raises(KeyboardInterrupt):
        train(plan, tmp_path / "killed", die)
    again: list[Progress] = []
    resumed = train(plan, tmp_path / "killed", again.append)
    assert len(again) == 4 - epochs_before
    assert states_equal(resumed.states[0], undisturbed.states[0])


def test_before_begin_it_is_dense_training_of_the_same_replicate(tmp_path: Path) -> None:
    plan = gmp_plan(tmp_path, "0.90", options(begin=12, end=20))
    data = training_data(plan, toy_splits(tmp_path).train, 0)
    after: dict[str, list[dict[str, torch.Tensor]]] = {"dense": [], "gmp": []}
    for name, masks in (("dense", None), ("gmp", plan.masks)):

        def keep(end: EpochEnd, states: list[dict[str, torch.Tensor]] = after[name]) -> None:
            states.append({key: tensor.clone() for key, tensor in end.learner.model.state_dict().items()})

        fit(Learner(small_model()), data, replace(plan, masks=masks), 0, after_epoch=keep)
    equal = [states_equal(*pair) for pair in zip(after["dense"], after["gmp"], strict=True)]
    assert equal == [True, True, False, False]


def test_an_end_beyond_the_training_is_refused_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="step 24 given, but the training has 24 steps, 0 to 23; lower end"):
        gmp_plan(tmp_path, "0.90", options(end=24))
    gmp_plan(tmp_path, "0.90", options(end=23))


@pytest.mark.parametrize("wrong", [{"begin": 16}, {"begin": 20}, {"every": 0}, {"begin": -1}, {"allocation": "both"}])
def test_options_that_make_no_schedule_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        gmp.Options(**{"begin": 3, "end": 16, "every": 3, **wrong})
