"""Train a block of seeds one after the other, each as if it were alone, and keep what a killed job had reached."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import torch

from lethe.core.errors import Collapsed, Diverged
from lethe.core.seeding import Replicate
from lethe.data.store import Splits, Stored
from lethe.data.variants import varied
from lethe.networks.build import build_classifier, require_fitting_images
from lethe.networks.checkpoint import State
from lethe.networks.probe import refit_head
from lethe.networks.recalibrate import recalibrate
from lethe.networks.spec import Classifier
from lethe.regimes.learner import Learner
from lethe.store.files import write_text
from lethe.training import progress, resume
from lethe.training.inputs import glimpse, pixel_statistics, training_data, watched
from lethe.training.loop import (
    EpochEnd,
    MaskSchedule,
    Recipe,
    TrainingData,
    fit,
    make_optimizer,
    total_steps,
)
from lethe.training.plan import Plan
from lethe.training.trajectory import (
    Observation,
    curve_frame,
    observe,
    trajectory_frame,
    watched_epochs,
)

_SECONDS_BETWEEN_SAVES = 15.0
_COLLAPSED_BELOW = 0.01


@dataclass(frozen=True)
class TrainedBlock:
    """State dicts in the order of the plan's seeds, the test examples' trajectories, and curves over training."""

    states: tuple[State, ...]
    trajectories: pd.DataFrame
    curves: pd.DataFrame


@dataclass
class _Seed:
    """What is kept of a seed while it trains."""

    observations: dict[int, Observation] = field(default_factory=dict)
    last_save: float = field(default_factory=time.monotonic)
    last: Observation | None = None


def train_block(
    plan: Plan, train: Stored, test: Stored, output: Path, report: Callable[[progress.Step], None] | None = None
) -> TrainedBlock:
    """Train the seeds of a plan; side files beside `output` let a successor go on where this was killed.

    Raises:
        Diverged: a seed's loss is no longer a number; the marker beside `output` stops later attempts.
        Collapsed: an encoder gives every image the same features.
    """
    report = report or progress.reporter(output, share_at_start=_share_done(plan, output))
    states, observations = [], {}
    for position, seed in enumerate(plan.seeds):
        try:
            state, observations[seed] = _train_seed(plan, position, Splits(train, test), output, report)
        except (Diverged, Collapsed) as error:
            write_text(divergence_marker(output), json.dumps({plan.fingerprint(): str(error)}))
            raise
        states.append(state)
    frame = trajectory_frame(observations, test.example_ids)
    return TrainedBlock(tuple(states), frame, curve_frame(observations))


def refuse_known_divergence(plan: Plan, output: Path, *, attempt: int) -> None:
    """Stop a retry of a training run that is known to diverge: it would end the same way.

    Raises: Diverged: with the first attempt's message.
    """
    marker = divergence_marker(output)
    if attempt > 1 and marker.exists():
        message = json.loads(marker.read_text()).get(plan.fingerprint())
        if message:
            raise Diverged(f"{message} (not trained again: attempt {attempt} would end the same way)")
    marker.unlink(missing_ok=True)


def divergence_marker(output: Path) -> Path:
    """Beside the checkpoint that could not be made."""
    return output.with_name(f".{output.name}.diverged")


def clear_side_files(plan: Plan, output: Path) -> None:
    """Remove what only an unfinished job needs."""
    for seed in plan.seeds:
        resume.side_file(output, seed).unlink(missing_ok=True)
    progress.side_file(output).unlink(missing_ok=True)


def _train_seed(
    plan: Plan, position: int, splits: Splits, output: Path, report: Callable[[progress.Step], None]
) -> tuple[State, dict[int, Observation]]:
    """One seed from where its side file stands to its last epoch: the recorded network and what was observed."""
    seed = plan.seeds[position]
    path, fingerprint = resume.side_file(output, seed), plan.fingerprint()
    recipe = Recipe(plan.configured_name, plan.regime, plan.options, plan.replicate(seed), plan.compute)
    train = varied(splits.train, plan.variant, plan.replicate(seed), plan.labelled)
    data, on_test, on_train = training_data(plan, train, seed), watched(plan, splits.test), glimpse(plan, splits)
    learner = _fresh_learner(plan, recipe.replicate, data)
    optimizer = make_optimizer(learner, plan.options)
    kept = _Seed()
    saved = resume.load_state(path, fingerprint)
    if saved is not None:
        resume.restore(saved, learner, optimizer)
        kept.observations.update(saved.observations)
    points = watched_epochs(plan.options.last_epoch, plan.options.checkpoints)

    def after_epoch(end: EpochEnd) -> None:
        is_last = end.epoch == plan.options.last_epoch
        if end.epoch in points:
            kept.last = observe(plan.regime.recorded(end.learner), on_test, on_train)
            kept.observations[end.epoch] = kept.last
            if is_last:
                _refuse_collapse(plan, seed, kept.last)
        if is_last or time.monotonic() - kept.last_save > _SECONDS_BETWEEN_SAVES:
            resume.save_state(path, _snapshot(end, kept.observations), fingerprint)
            kept.last_save = time.monotonic()
        report(_step(plan, position, end, kept.last))

    first_epoch = saved.epoch if saved is not None else 0
    masks = plan.compression.masks if plan.compression else None
    fit(learner, data, recipe, first_epoch=first_epoch, optimizer=optimizer, masks=masks, after_epoch=after_epoch)
    model = plan.regime.recorded(learner)
    if plan.regime.head == "probe":
        _fit_head(model, data, recipe, masks)
    return {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}, kept.observations


def _step(plan: Plan, position: int, end: EpochEnd, seen: Observation | None) -> progress.Step:
    share = (position + end.epoch / plan.options.last_epoch) / len(plan.seeds)
    accuracy, spread = (seen.accuracy, seen.spread) if seen else (None, None)
    return progress.Step(
        plan.seeds[position], end.epoch, plan.options.last_epoch, end.loss, accuracy, share, feature_spread=spread
    )


def _refuse_collapse(plan: Plan, seed: int, seen: Observation) -> None:
    if plan.regime.head == "probe" and not seen.spread > _COLLAPSED_BELOW:
        raise Collapsed(
            f"seed {seed} collapsed: the features of all test images are nearly the same (spread {seen.spread:.2g}; 1 "
            f"is as spread as can be, {_COLLAPSED_BELOW:g} the least allowed); change the options of regimes."
            f"{plan.configured_name}: a lower learning_rate, a larger batch_size, more varied views"
        )


def _fit_head(model: Classifier, data: TrainingData, recipe: Recipe, masks: MaskSchedule | None) -> None:
    """Replace the online probe by one fitted on the frozen features of all images whose labels may be used.

    Batch-norm statistics are those of the training images as they are, no longer of the views: a compressed network
    is recalibrated on such images, and a head that was fitted to other features would take the blame for it.
    """
    recalibrate(model, data.images)
    images, labels = data.images, data.labels
    held = masks(total_steps(len(labels), recipe.options) - 1, model) if masks else {}
    if data.labelled is not None:
        images, labels = images[data.labelled], labels[data.labelled]
    refit_head(model, images, labels, recipe.replicate.numpy("probe"), held.get("head.weight"))


def _snapshot(end: EpochEnd, observations: dict[int, Observation]) -> resume.Saved:
    learner = {name: tensor.detach().cpu().contiguous() for name, tensor in end.learner.state_dict().items()}
    return resume.Saved(end.epoch, learner, resume.optimizer_tensors(end.optimizer), dict(observations))


def _fresh_learner(plan: Plan, replicate: Replicate, data: TrainingData) -> Learner:
    model = build_classifier(plan.architecture, init_seed=replicate.integer("init"))
    require_fitting_images(model, *data.images.shape[1:])
    mean, std = pixel_statistics(data.images)
    model.set_pixel_statistics(mean.cpu(), std.cpu())
    plan.compute.place(model)
    if plan.compression:
        model = plan.compression.start(model, replicate)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(replicate.integer("heads"))
        learner = plan.regime.start(model, plan.options)
    plan.compute.place(learner)
    return learner


def _share_done(plan: Plan, output: Path) -> float:
    """Share of the block that side files hold already, for the estimate of the time left."""
    fingerprint = plan.fingerprint()
    saved = [resume.load_state(resume.side_file(output, seed), fingerprint) for seed in plan.seeds]
    return sum(s.epoch for s in saved if s) / (plan.options.last_epoch * len(plan.seeds))
