"""Train a block of seeds one after the other, each as if it were alone, and write its files.

What a killed job had reached lies in side files beside the checkpoint; its successor goes on from there.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from lethe.core.errors import Collapsed, Diverged, SchemaError
from lethe.core.seeding import Replicate
from lethe.data.parts import own_part
from lethe.data.store import BothSplits, Stored
from lethe.data.twins import changed_split
from lethe.networks.build import fresh_classifier
from lethe.networks.checkpoint import Block, cpu_state, write_block, write_snapshots
from lethe.networks.probe import refit_head
from lethe.networks.recalibrate import recalibrate
from lethe.networks.spec import Classifier, State
from lethe.regimes.learner import Learner
from lethe.store.arrays import read_header, write_arrays
from lethe.store.notes import read_note, write_note
from lethe.store.schema import CURVES
from lethe.store.tables import read_record, write_table
from lethe.training import progress, resume
from lethe.training.loop import EpochEnd, TrainingData, fit, make_optimizer, training_data
from lethe.training.plan import TrainingPlan
from lethe.training.trajectory import (
    Observation,
    curve_frame,
    observe,
    trajectory_arrays,
    watch,
    watched_epochs,
)

_SECONDS_BETWEEN_SAVES = 15.0
_COLLAPSED_BELOW = 0.01


@dataclass(frozen=True)
class Outputs:
    """What the training of a block writes; networks that are compressed while they train leave a checkpoint alone."""

    checkpoint: Path
    trajectories: Path | None = None
    curves: Path | None = None
    snapshots: Path | None = None

    def __iter__(self) -> Iterator[Path]:
        every = (self.checkpoint, self.trajectories, self.curves, self.snapshots)
        return (file for file in every if file is not None)


@dataclass(frozen=True)
class TrainedBlock:
    """State dicts in the order of the plan's seeds, what was observed of each seed, by epoch, and what was kept
    then."""

    states: tuple[State, ...]
    observations: dict[int, dict[int, Observation]]
    snapshots: dict[int, dict[int, State]]

    def trajectories(self, splits: BothSplits) -> dict[str, np.ndarray]:
        """How every example fared, as `trajectory_arrays`."""
        return trajectory_arrays(self.observations, splits)

    def curves(self) -> pd.DataFrame:
        """How both splits fared, as `curve_frame`."""
        return curve_frame(self.observations)


def make_block(plan: TrainingPlan, splits: BothSplits, outputs: Outputs, *, attempt: int, waited: bool = False) -> None:
    """Train the block, write its tables, then its checkpoint, then remove the side files.

    Args: waited: another process held the checkpoint's lock; what it made is kept if it is of the same plan.
    Raises:
        Diverged: a seed's loss is no longer a number.
        Collapsed: an encoder gives every image the same features.
    """
    if waited and _is_made(plan, outputs):
        print(f"kept: {outputs.checkpoint}, made meanwhile by the process that was waited for", file=sys.stderr)
        return
    refuse_known_divergence(plan, outputs.checkpoint, attempt=attempt)
    trained = train_block(
        plan,
        splits,
        outputs.checkpoint,
        watches_training=outputs.trajectories is not None,
        keeps_snapshots=outputs.snapshots is not None,
    )
    if outputs.trajectories is not None:
        write_arrays(outputs.trajectories, trained.trajectories(splits), plan.record())
    if outputs.curves is not None:
        # What the report asks of every result.
        of_curves = {"result": "curves", "cell": {"regime": plan.configured_name}}
        write_table(outputs.curves, trained.curves(), CURVES, {**plan.record(), **of_curves})
    if outputs.snapshots is not None:
        write_snapshots(outputs.snapshots, trained.snapshots, plan.record())
    write_block(outputs.checkpoint, trained.states, _record(plan, trained))
    clear_side_files(plan, outputs.checkpoint)


def train_block(
    plan: TrainingPlan,
    splits: BothSplits,
    checkpoint: Path,
    report: Callable[[progress.Progress], None] | None = None,
    *,
    watches_training: bool = True,
    keeps_snapshots: bool = False,
) -> TrainedBlock:
    """Train the seeds of a plan; side files beside the checkpoint let a successor go on where this was killed.

    Args:
        watches_training: whether the training images are observed beside the test images.
        keeps_snapshots: whether the networks are kept as they were at the watched epochs.
    Raises:
        Diverged: a seed's loss is no longer a number; the marker beside the checkpoint stops later attempts.
        Collapsed: an encoder gives every image the same features.
    """
    report = report or progress.reporter(checkpoint, share_at_start=_share_done(plan, checkpoint))
    states, observations, snapshots = [], {}, {}
    watched = splits.train if watches_training else None
    for position, seed in enumerate(plan.seeds):
        try:
            state, seen = _train_seed(
                plan, position, splits, watched, checkpoint, report, keeps_snapshots=keeps_snapshots
            )
        except (Diverged, Collapsed) as error:
            write_note(divergence_marker(checkpoint), {plan.fingerprint(): str(error)})
            raise
        states.append(state)
        observations[seed], snapshots[seed] = seen.observations, seen.snapshots
    return TrainedBlock(tuple(states), observations, snapshots)


@dataclass
class _Watch:
    """What is kept of a seed while it trains."""

    observations: dict[int, Observation] = field(default_factory=dict)
    snapshots: dict[int, State] = field(default_factory=dict)
    last_save: float = field(default_factory=time.monotonic)
    last: Observation | None = None


def _train_seed(
    plan: TrainingPlan,
    position: int,
    splits: BothSplits,
    watched: Stored | None,
    checkpoint: Path,
    report: Callable[[progress.Progress], None],
    *,
    keeps_snapshots: bool,
) -> tuple[State, _Watch]:
    """One seed from where its side file stands to its last epoch: the recorded network and what was observed."""
    seed, device = plan.seeds[position], plan.compute.device
    side_file, fingerprint = resume.side_file(checkpoint, seed), plan.fingerprint()
    whole = own_part(splits.train, plan.parts, seed)
    train = changed_split(whole, plan.twin, plan.replicate(seed), plan.labelled)
    data = training_data(plan, train, seed)
    on_test = watch(splits.test, device)
    on_train = None if watched is None else watch(watched, device)
    learner = _fresh_learner(plan, plan.replicate(seed), data)
    optimizer = make_optimizer(learner, plan.options)
    seen, first_epoch = _Watch(), 0
    if saved := resume.load_state(side_file, fingerprint):
        resume.restore(saved, learner, optimizer)
        seen.observations.update(saved.observations)
        seen.snapshots.update(saved.snapshots)
        first_epoch = saved.epoch
    points = watched_epochs(plan.options.last_epoch, plan.options.checkpoints)

    def after_epoch(end: EpochEnd) -> None:
        is_last = end.epoch == plan.options.last_epoch
        if end.epoch in points:
            seen.last = observe(plan.regime.recorded(end.learner), on_test, on_train)
            seen.observations[end.epoch] = seen.last
            if keeps_snapshots:
                state = cpu_state(plan.regime.recorded(end.learner))
                seen.snapshots[end.epoch] = {name: tensor.clone() for name, tensor in state.items()}
            if is_last:
                _refuse_collapse(plan, seed, seen.last)
        if is_last or time.monotonic() - seen.last_save > _SECONDS_BETWEEN_SAVES:
            optimizer_state = resume.optimizer_tensors(end.optimizer)
            saved = resume.Saved(
                end.epoch, cpu_state(end.learner), optimizer_state, dict(seen.observations), dict(seen.snapshots)
            )
            resume.save_state(side_file, saved, fingerprint)
            seen.last_save = time.monotonic()
        report(_progress(plan, position, end, seen.last))

    fit(learner, data, plan, seed, first_epoch=first_epoch, optimizer=optimizer, after_epoch=after_epoch)
    model = plan.regime.recorded(learner)
    if plan.regime.head == "probe":
        _fit_head(model, data, plan, seed)
    return cpu_state(model), seen


def _fresh_learner(plan: TrainingPlan, replicate: Replicate, data: TrainingData) -> Learner:
    """The network with which a replicate's training starts, and what its regime adds to it, on the device."""
    model = fresh_classifier(plan.architecture, replicate, data.images)
    plan.compute.place(model)
    if plan.compression:
        model = plan.compression.start(model, replicate)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(replicate.integer("heads"))
        learner = plan.regime.start(model, plan.options)
    plan.compute.place(learner)
    return learner


def _fit_head(model: Classifier, data: TrainingData, plan: TrainingPlan, seed: int) -> None:
    """Replace the online probe by one fitted on the frozen features of all images whose labels may be used.

    Batch-norm statistics are those of the training images as they are, no longer of the views: a compressed network
    is recalibrated on such images, and a head that was fitted to other features would take the blame for it.
    """
    recalibrate(model, data.images)
    images, labels = data.images, data.labels
    held = plan.held(plan.options.total_steps(len(labels)) - 1, model)
    if data.labelled is not None:
        images, labels = images[data.labelled], labels[data.labelled]
    refit_head(model, images, labels, plan.replicate(seed).numpy("probe"), held.get("head.weight"))


def _refuse_collapse(plan: TrainingPlan, seed: int, seen: Observation) -> None:
    """Stop where the head is a probe and the features that it would read are nearly the same for all images."""
    if plan.regime.head == "probe" and not seen.spread > _COLLAPSED_BELOW:
        raise Collapsed(
            f"seed {seed} collapsed: the features of all test images are nearly the same (spread {seen.spread:.2g}; 1 "
            f"is as spread as can be, {_COLLAPSED_BELOW:g} the least allowed); change the options of regimes."
            f"{plan.configured_name}: a lower learning_rate, a larger batch_size, more varied views"
        )


def _progress(plan: TrainingPlan, position: int, end: EpochEnd, seen: Observation | None) -> progress.Progress:
    """Where the block's training stands after an epoch of the seed at a position."""
    share = (position + end.epoch / plan.options.last_epoch) / len(plan.seeds)
    accuracy, spread = (seen.accuracy, seen.spread) if seen else (None, None)
    return progress.Progress(
        plan.seeds[position], end.epoch, plan.options.last_epoch, end.loss, accuracy, share, feature_spread=spread
    )


def _share_done(plan: TrainingPlan, checkpoint: Path) -> float:
    """Share of the block that side files hold already, for the estimate of the time left."""
    fingerprint = plan.fingerprint()
    saved = [resume.load_state(resume.side_file(checkpoint, seed), fingerprint) for seed in plan.seeds]
    return sum(s.epoch for s in saved if s) / (plan.options.last_epoch * len(plan.seeds))


def _is_made(plan: TrainingPlan, outputs: Outputs) -> bool:
    """Whether all files are there and of this plan, code version included."""
    if not all(file.exists() for file in outputs):
        return False
    wanted = json.loads(json.dumps(plan.record()))
    try:
        arrays = [file for file in outputs if file != outputs.curves]
        records = [read_header(file, is_input=False) for file in arrays]
        records += [] if outputs.curves is None else [read_record(outputs.curves, is_input=False)]
    except SchemaError:  # unreadable, or of another schema version
        return False
    # A record also says what the training achieved, or which result the file is.
    return all({key: record.get(key) for key in wanted} == wanted for record in records)


def _record(plan: TrainingPlan, trained: TrainedBlock) -> dict[str, Any]:
    """The plan's record and, if its networks were compressed, how far."""
    record = plan.record()
    if plan.compression is None:
        return record
    networks = Block(record, trained.states).networks(plan.compute)
    return {**record, "sparsity_achieved": [plan.compression.achieved(model) for _, model in networks]}


def refuse_known_divergence(plan: TrainingPlan, checkpoint: Path, *, attempt: int) -> None:
    """Stop a retry of a training run that is known to diverge: it would end the same way.

    Raises: Diverged: with the first attempt's message.
    """
    marker = divergence_marker(checkpoint)
    if attempt > 1 and marker.exists():
        message = (read_note(marker) or {}).get(plan.fingerprint())
        if message:
            raise Diverged(f"{message} (not trained again: attempt {attempt} would end the same way)")
    marker.unlink(missing_ok=True)


def divergence_marker(checkpoint: Path) -> Path:
    """Beside the checkpoint that could not be made."""
    return checkpoint.with_name(f".{checkpoint.name}.diverged")


def clear_side_files(plan: TrainingPlan, checkpoint: Path) -> None:
    """Remove what only an unfinished job needs."""
    for seed in plan.seeds:
        resume.side_file(checkpoint, seed).unlink(missing_ok=True)
    progress.side_file(checkpoint).unlink(missing_ok=True)
