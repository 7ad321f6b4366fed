"""A training job from plain arguments to its files: a checkpoint, and trajectories where they are wanted."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from lethe.core import registry
from lethe.core.blocks import seeds_of
from lethe.core.errors import ConfigError
from lethe.data.default_views import ImageTraits, check_views
from lethe.data.store import Stored, check_images, open_split
from lethe.data.variants import UNCHANGED, Variant
from lethe.networks.build import Architecture
from lethe.networks.checkpoint import Block, read_header, write_block
from lethe.networks.compute import choose_compute
from lethe.regimes.spec import RegimeOptions, RegimeSpec, Views
from lethe.store.schema import CURVES, LABELLED, TRAJECTORIES, VERSION
from lethe.store.tables import read_record, read_table, write_table
from lethe.training.loop import steps_per_epoch
from lethe.training.plan import InTraining, Plan
from lethe.training.population import (
    TrainedBlock,
    clear_side_files,
    refuse_known_divergence,
    train_block,
)


@dataclass(frozen=True)
class TrainingJob:
    """What the rule passes: a data folder, names, JSON texts.

    Attributes:
        regime: its file; `name` is what the study calls it, by default the same.
        labelled: table of the images whose labels may be used, for a regime that uses some.
    """

    data: Path
    regime: str
    options: str
    model: str
    seeds: str
    study_seed: int
    device: str
    precision: str
    code_version: str
    name: str = ""
    labelled: Path | None = None
    variant: Variant = UNCHANGED


@dataclass(frozen=True)
class TrainingFiles:
    """What a training job writes; networks that are compressed while they train leave a checkpoint alone."""

    checkpoint: Path
    trajectories: Path | None = None
    curves: Path | None = None

    def __iter__(self) -> Iterator[Path]:
        return (file for file in (self.checkpoint, self.trajectories, self.curves) if file is not None)


def train_job(
    job: TrainingJob,
    files: TrainingFiles,
    *,
    attempt: int,
    waited: bool = False,
    compression: Callable[[Plan, Stored], InTraining] | None = None,
) -> None:
    """Train the block, write its tables, then its checkpoint, then remove the side files.

    Args:
        waited: another process held the checkpoint's lock; what it made is kept if it is of the same plan.
        compression: what acts during training, given the plan of the dense networks and the training images.
    Raises:
        Diverged: a seed's loss is no longer a number.
        Collapsed: an encoder gives every image the same features.
        ConfigError: the device is not there, or options do not fit the images.
        DataError: the training images are not those whose checksum the checkpoint will name.
    """
    train, test = (open_split(job.data / f"{s}.npy", job.data / f"{s}.parquet") for s in ("train", "test"))
    plan = _plan(job, train)
    if compression is not None:
        plan = replace(plan, compression=compression(plan, train))
    if waited and _is_made(plan, files):
        print(f"kept: {files.checkpoint}, made meanwhile by the process that was waited for", file=sys.stderr)
        return
    check_images(job.data / "train.npy", job.data / "train.parquet")
    refuse_known_divergence(plan, files.checkpoint, attempt=attempt)
    block = train_block(plan, train, test, files.checkpoint)
    if files.trajectories is not None:
        write_table(files.trajectories, block.trajectories, TRAJECTORIES, plan.record())
    if files.curves is not None:
        write_table(
            files.curves,
            block.curves,
            CURVES,
            {
                "result": "curves",
                "cell": {"regime": plan.configured_name},
                **plan.record(),
                "stop_after": plan.options.stop_after,
            },
        )
    write_block(files.checkpoint, block.states, _record(plan, block))
    clear_side_files(plan, files.checkpoint)


def _is_made(plan: Plan, files: TrainingFiles) -> bool:
    """Whether all files are there and of this plan, code version included."""
    if not all(file.exists() for file in files):
        return False
    wanted = {"schema_version": VERSION, **json.loads(json.dumps(plan.record()))}
    found = read_header(files.checkpoint)
    # A checkpoint's header also says what the training achieved.
    is_same = {key: found.get(key) for key in wanted} == wanted
    tables = [file for file in files if file != files.checkpoint]
    return is_same and all(read_record(table) == wanted for table in tables)


def _record(plan: Plan, trained: TrainedBlock) -> dict[str, Any]:
    """The plan's record and, if its networks were compressed, how far."""
    record = plan.record()
    if plan.compression is None:
        return record
    block = Block(record, trained.states)
    achieved = [plan.compression.achieved(block.model(position)) for position in range(len(plan.seeds))]
    return {**record, "sparsity_achieved": achieved}


def _plan(job: TrainingJob, train: Stored) -> Plan:
    spec = registry.load(registry.REGIMES, job.regime)
    options = in_as_many_steps(spec.Options.model_validate_json(job.options), len(train), job.variant)
    return Plan(
        architecture=Architecture(**json.loads(job.model), channels=train.channels, classes=len(train.class_names)),
        regime=spec,
        options=options,
        study_seed=job.study_seed,
        seeds=seeds_of(job.seeds),
        compute=choose_compute(job.device, job.precision),
        data_checksum=train.record["sha256"],
        views=_views(spec, options, train),
        code_version=job.code_version,
        name=job.name,
        labelled=_labelled(spec, job),
        variant=job.variant,
    )


def in_as_many_steps(options: RegimeOptions, num_images: int, variant: Variant) -> RegimeOptions:
    """The options by which fewer images are trained on in about as many steps: with more epochs.

    Otherwise fewer images would also mean a shorter training, by most where batches are large.

    Raises: ConfigError: fewer images than one batch.
    """
    if variant.train_size is None:
        return options
    all_steps, steps = (steps_per_epoch(n, options.examples_a_step) for n in (num_images, variant.train_size))
    stop_after = None if options.stop_after is None else max(1, round(options.stop_after * all_steps / steps))
    return options.model_copy(update={"epochs": round(options.epochs * all_steps / steps), "stop_after": stop_after})


def _views(spec: RegimeSpec, options: RegimeOptions, train: Stored) -> Views:
    """The regime's views for these images.

    Raises: ConfigError: one that these images cannot take.
    """
    traits = ImageTraits(train.channels, train.views)
    views: Views = spec.views(options, traits)
    check_views([step for view in (*views.images, *views.unlabelled) for step in view], traits, train.record["dataset"])
    return views


def _labelled(spec: RegimeSpec, job: TrainingJob) -> pd.DataFrame | None:
    if spec.labels != "some":
        return None
    if job.labelled is None:
        raise ConfigError(f"regime '{job.regime}' uses some of the labels; say which with --labelled")
    return read_table(job.labelled, LABELLED)
