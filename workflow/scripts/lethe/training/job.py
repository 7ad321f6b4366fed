"""A training job from plain arguments to its files: a checkpoint, and trajectories where they are wanted."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lethe.core import registry
from lethe.core.blocks import seeds_of
from lethe.core.schema import TRAJECTORIES, VERSION
from lethe.core.tables import read_record, write_table
from lethe.data.store import Stored, check_images, open_split
from lethe.data.views import default_views
from lethe.models.build import Architecture
from lethe.training.checkpoint import Block, read_header, write_block
from lethe.training.compute import choose_compute
from lethe.training.population import (
    InTraining,
    Plan,
    TrainedBlock,
    clear_side_files,
    refuse_known_divergence,
    train_block,
)


@dataclass(frozen=True)
class TrainingJob:
    """What the rule passes: a data folder, names, JSON texts."""

    data: Path
    regime: str
    options: str
    model: str
    seeds: str
    study_seed: int
    device: str
    precision: str
    code_version: str


def train_job(
    job: TrainingJob,
    checkpoint: Path,
    trajectories: Path | None,
    *,
    attempt: int,
    waited: bool = False,
    compression: Callable[[Plan, Stored], InTraining] | None = None,
) -> None:
    """Train the block, write its trajectories, then its checkpoint, then remove the side files.

    Args:
        trajectories: none are written for networks that are compressed while they train.
        waited: another process held the checkpoint's lock; what it made is kept if it is of the same plan.
        compression: what acts during training, given the plan of the dense networks and the training images.
    Raises:
        Diverged: a seed's loss is no longer a number.
        ConfigError: the device is not there.
        DataError: the training images are not those whose checksum the checkpoint will name.
    """
    train, test = (open_split(job.data / f"{s}.npy", job.data / f"{s}.parquet") for s in ("train", "test"))
    plan = _plan(job, train)
    if compression is not None:
        plan = replace(plan, compression=compression(plan, train))
    if waited and _is_made(plan, checkpoint, trajectories):
        print(f"kept: {checkpoint}, made meanwhile by the process that was waited for", file=sys.stderr)
        return
    check_images(job.data / "train.npy", job.data / "train.parquet")
    refuse_known_divergence(plan, checkpoint, attempt=attempt)
    block = train_block(plan, train, test, checkpoint)
    if trajectories is not None:
        write_table(trajectories, block.trajectories, TRAJECTORIES, plan.record())
    write_block(checkpoint, block.states, _record(plan, block))
    clear_side_files(plan, checkpoint)


def _is_made(plan: Plan, checkpoint: Path, trajectories: Path | None) -> bool:
    """Whether all files are there and of this plan, code version included."""
    if not all(file.exists() for file in (checkpoint, trajectories) if file is not None):
        return False
    wanted = {"schema_version": VERSION, **json.loads(json.dumps(plan.record()))}
    found = read_header(checkpoint)
    # A checkpoint's header also says what the training achieved.
    is_same = {key: found.get(key) for key in wanted} == wanted
    return is_same and (trajectories is None or read_record(trajectories) == wanted)


def _record(plan: Plan, trained: TrainedBlock) -> dict[str, Any]:
    """The plan's record and, if its networks were compressed, how far."""
    record = plan.record()
    if plan.compression is None:
        return record
    block = Block(record, trained.states)
    achieved = [plan.compression.achieved(block.model(position)) for position in range(len(plan.seeds))]
    return {**record, "sparsity_achieved": achieved}


def _plan(job: TrainingJob, train: Stored) -> Plan:
    spec = registry.load("regimes", job.regime)
    options = spec.Options.model_validate_json(job.options)
    views = options.views if options.views is not None else default_views(train.views)
    return Plan(
        architecture=Architecture(**json.loads(job.model), channels=train.channels, classes=len(train.class_names)),
        regime=spec,
        options=options,
        study_seed=job.study_seed,
        seeds=seeds_of(job.seeds),
        compute=choose_compute(job.device, job.precision),
        data_checksum=train.record["sha256"],
        views=tuple(views),
        code_version=job.code_version,
    )
