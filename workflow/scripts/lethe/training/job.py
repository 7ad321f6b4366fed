"""A training job from plain arguments to its two files."""

import json
from dataclasses import dataclass
from pathlib import Path

from lethe.core import registry
from lethe.core.blocks import seeds_of
from lethe.core.schema import TRAJECTORIES
from lethe.core.tables import write_table
from lethe.data.store import Stored, open_split
from lethe.data.views import default_views
from lethe.models.build import Architecture
from lethe.training.checkpoint import write_block
from lethe.training.compute import choose_compute
from lethe.training.population import Plan, clear_side_files, refuse_known_divergence, train_block


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


def train_job(job: TrainingJob, checkpoint: Path, trajectories: Path, *, attempt: int) -> None:
    """Train the block, write its trajectories, then its checkpoint, then remove the side files.

    Raises: Diverged: a seed's loss is no longer a number. ConfigError: the device is not there.
    """
    train, test = (open_split(job.data / f"{s}.npy", job.data / f"{s}.parquet") for s in ("train", "test"))
    plan = _plan(job, train)
    refuse_known_divergence(plan, checkpoint, attempt=attempt)
    block = train_block(plan, train, test, checkpoint)
    write_table(trajectories, block.trajectories, TRAJECTORIES, plan.record())
    write_block(checkpoint, block.states, plan.record())
    clear_side_files(plan, checkpoint)


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
