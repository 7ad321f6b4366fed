"""Train a block of seeds one after the other, each as if it were alone, and keep what a killed job had reached."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from lethe.core import progress
from lethe.core.errors import Diverged
from lethe.core.files import write_text
from lethe.core.provenance import package_versions
from lethe.core.seeding import Replicate
from lethe.data.store import Stored
from lethe.models.build import Architecture, build_classifier, require_fitting_images
from lethe.models.spec import Classifier
from lethe.regimes.spec import RegimeOptions, RegimeSpec
from lethe.training import resume
from lethe.training.checkpoint import State
from lethe.training.compute import Compute
from lethe.training.loop import EpochEnd, MaskSchedule, Recipe, TrainingData, fit, make_optimizer
from lethe.training.trajectory import Watched, observe, trajectory_frame, watched_epochs

_SECONDS_BETWEEN_SAVES = 15.0


@dataclass(frozen=True)
class InTraining:
    """What compression during training adds to a plan; its seeds are independent of the dense ones.

    Attributes:
        record: the method's fields of the checkpoint's header.
        start: (fresh network, replicate) -> the network that is trained.
        masks: what is held at 0 at every step.
        achieved: (trained network) -> share of the dense network's prunable weights that are gone.
    """

    record: dict[str, Any]
    start: Callable[[Classifier, Replicate], Classifier]
    masks: MaskSchedule
    achieved: Callable[[Classifier], float]


@dataclass(frozen=True)
class Plan:
    """Everything that decides a block's networks."""

    architecture: Architecture
    regime: RegimeSpec
    options: RegimeOptions
    study_seed: int
    seeds: tuple[int, ...]
    compute: Compute
    data_checksum: str
    views: tuple[str, ...]
    code_version: str
    compression: InTraining | None = None

    def record(self) -> dict[str, Any]:
        """The checkpoint's header."""
        return {
            "architecture": self.architecture.as_json(),
            "regime": self.regime.name,
            "regime_options": self.options.model_dump(mode="json"),
            "views": list(self.views),
            **(self.compression.record if self.compression else {"method": "dense", "level": "0"}),
            "seeds": list(self.seeds),
            "study_seed": self.study_seed,
            "data_checksum": self.data_checksum,
            "code_version": self.code_version,
            "packages": package_versions(),
            **self.compute.record(),
        }

    def replicate(self, seed: int) -> Replicate:
        """A seed's randomness: one for dense networks, another for all methods and levels that act during training."""
        dense = Replicate(self.study_seed, seed)
        return Replicate(dense.integer("in_training"), seed) if self.compression else dense

    def fingerprint(self) -> str:
        """Hash of the record: a saved state with another one is of another training run."""
        return hashlib.sha256(json.dumps(self.record(), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class TrainedBlock:
    """State dicts in the order of the plan's seeds, and the test examples' trajectories."""

    states: tuple[State, ...]
    trajectories: pd.DataFrame


@dataclass
class _Seed:
    """What is kept of a seed while it trains."""

    observations: dict[int, Tensor] = field(default_factory=dict)
    last_save: float = field(default_factory=time.monotonic)
    accuracy: float | None = None


def train_block(
    plan: Plan, train: Stored, test: Stored, output: Path, report: Callable[[progress.Step], None] | None = None
) -> TrainedBlock:
    """Train the seeds of a plan; side files beside `output` let a successor go on where this was killed.

    Raises: Diverged: a seed's loss is no longer a number; the marker beside `output` stops later attempts.
    """
    data, watched = _on_device(plan, train), _watched(plan, test)
    start = _share_done(plan, output)
    report = report or progress.reporter(output, share_at_start=start)
    states, observations = [], {}
    for position, seed in enumerate(plan.seeds):
        try:
            saved = _train_seed(plan, position, data, watched, output, report)
        except Diverged as error:
            write_text(divergence_marker(output), json.dumps({plan.fingerprint(): str(error)}))
            raise
        states.append(saved.model)
        observations[seed] = saved.observations
    return TrainedBlock(tuple(states), trajectory_frame(observations, test.example_ids))


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
    plan: Plan,
    position: int,
    data: TrainingData,
    watched: Watched,
    output: Path,
    report: Callable[[progress.Step], None],
) -> resume.Saved:
    """One seed from where its side file stands to its last epoch."""
    seed = plan.seeds[position]
    path, fingerprint = resume.side_file(output, seed), plan.fingerprint()
    saved = resume.load_state(path, fingerprint)
    if saved is not None and saved.epoch == plan.options.epochs:
        return saved
    recipe = Recipe(plan.regime, plan.options, plan.replicate(seed), plan.compute)
    model = _fresh_model(plan, recipe.replicate, data)
    optimizer = make_optimizer(model, plan.options)
    kept = _Seed()
    if saved is not None:
        resume.restore(saved, model, optimizer)
        kept.observations.update(saved.observations)
    points = watched_epochs(plan.options.epochs, plan.options.checkpoints)

    def after_epoch(end: EpochEnd) -> None:
        if end.epoch in points:
            kept.observations[end.epoch] = observe(end.model, watched)
            kept.accuracy = float(kept.observations[end.epoch][0].mean())
        is_last = end.epoch == plan.options.epochs
        if is_last or time.monotonic() - kept.last_save > _SECONDS_BETWEEN_SAVES:
            resume.save_state(path, _snapshot(end, kept.observations), fingerprint)
            kept.last_save = time.monotonic()
        share = (position + end.epoch / plan.options.epochs) / len(plan.seeds)
        report(progress.Step(seed, end.epoch, plan.options.epochs, end.loss, kept.accuracy, share))

    first_epoch = saved.epoch if saved is not None else 0
    masks = plan.compression.masks if plan.compression else None
    fit(model, data, recipe, first_epoch=first_epoch, optimizer=optimizer, masks=masks, after_epoch=after_epoch)
    final = EpochEnd(plan.options.epochs, 0.0, model, optimizer)
    return _snapshot(final, kept.observations)


def _snapshot(end: EpochEnd, observations: dict[int, Tensor]) -> resume.Saved:
    model = {name: tensor.detach().cpu().contiguous() for name, tensor in end.model.state_dict().items()}
    return resume.Saved(end.epoch, model, resume.optimizer_tensors(end.optimizer), dict(observations))


def _fresh_model(plan: Plan, replicate: Replicate, data: TrainingData) -> Classifier:
    model = build_classifier(plan.architecture, init_seed=replicate.integer("init"))
    require_fitting_images(model, *data.images.shape[1:])
    mean, std = pixel_statistics(data.images)
    model.set_pixel_statistics(mean.cpu(), std.cpu())
    plan.compute.place(model)
    if plan.compression:
        model = plan.compression.start(model, replicate)
        plan.compute.place(model)
    return model


def pixel_statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every channel on the scale 0..1, in float64 from exact histograms."""
    values = torch.arange(256, dtype=torch.float64) / 255
    counts = torch.stack([torch.bincount(images[:, c].flatten().long(), minlength=256) for c in range(images.shape[1])])
    weights = counts.cpu().double() / counts.sum(dim=1, keepdim=True).cpu()
    mean = weights @ values
    variance = weights @ values.square() - mean.square()
    return mean.float(), variance.clamp_min(1e-12).sqrt().float()


def _on_device(plan: Plan, train: Stored) -> TrainingData:
    device = plan.compute.device
    images = torch.from_numpy(train.images[:]).to(device)
    return TrainingData(images, torch.from_numpy(train.labels).to(device), plan.views)


def _watched(plan: Plan, test: Stored) -> Watched:
    device = plan.compute.device
    return Watched(torch.from_numpy(test.images[:]).to(device), torch.from_numpy(test.labels).to(device))


def _share_done(plan: Plan, output: Path) -> float:
    """Share of the block that side files hold already, for the estimate of the time left."""
    fingerprint = plan.fingerprint()
    saved = [resume.load_state(resume.side_file(output, seed), fingerprint) for seed in plan.seeds]
    return sum(s.epoch for s in saved if s) / (plan.options.epochs * len(plan.seeds))
