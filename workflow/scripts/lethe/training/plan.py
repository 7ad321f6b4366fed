"""From plain arguments to everything that decides a block's networks, and the record of it in their checkpoint."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lethe.core import registry
from lethe.core.blocks import seeds_of
from lethe.core.errors import ConfigError
from lethe.core.explain import checked
from lethe.core.levels import DENSE, DENSE_LEVEL
from lethe.core.seeding import Replicate
from lethe.data.default_views import ImageTraits, check_views
from lethe.data.store import Stored
from lethe.data.twins import UNCHANGED, Twin
from lethe.networks.build import Architecture
from lethe.networks.checkpoint import DENSE_TRAITS
from lethe.networks.compute import Compute, choose_compute
from lethe.networks.spec import Classifier, Masks
from lethe.regimes.spec import RegimeOptions, RegimeSpec, Views
from lethe.store.provenance import made_by
from lethe.store.schema import LABELLED, PARTS
from lethe.store.tables import read_table

# Masks to hold from a step of training on, given the network as it is before that step.
MaskSchedule = Callable[[int, Classifier], Masks]


@dataclass(frozen=True)
class Compression:
    """What compression during training adds to a plan; its seeds are independent of the dense ones.

    Attributes:
        record: the method's fields of the checkpoint's header.
        start: (fresh network, replicate) -> the network that is trained.
        achieved: (trained network) -> share of the dense network's prunable weights that are gone.
    """

    record: dict[str, Any]
    start: Callable[[Classifier, Replicate], Classifier]
    achieved: Callable[[Classifier], float]


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that decides a block's networks.

    Attributes:
        name: the regime as it is configured; by default its file's name.
        labelled: seed and example_id of the images whose labels may be used, where these are only some.
        parts: seed and example_id of the images on which each seed is trained, where these are not all.
        twin: how the training split differs from the study's.
        masks: asked before every step, counted from the start of the training, for what is held at 0 in it. The answer
            may depend on the step and the weights alone, or training that resumes would differ.
    """

    architecture: Architecture
    regime: RegimeSpec
    options: RegimeOptions
    study_seed: int
    seeds: tuple[int, ...]
    compute: Compute
    data_checksum: str
    views: Views
    code_version: str
    name: str = ""
    labelled: pd.DataFrame | None = None
    parts: pd.DataFrame | None = None
    twin: Twin = UNCHANGED
    compression: Compression | None = None
    masks: MaskSchedule | None = None

    @property
    def configured_name(self) -> str:
        """The regime's name in the config."""
        return self.name or self.regime.name

    def replicate(self, seed: int) -> Replicate:
        """A seed's randomness: one for dense networks, another for all methods and levels that act during training."""
        dense = Replicate(self.study_seed, seed)
        return Replicate(dense.integer("in_training"), seed) if self.compression else dense

    def held(self, step: int, model: Classifier) -> Masks:
        """Masks of what is held at 0 in a step, given the network before it."""
        return self.masks(step, model) if self.masks else {}

    def record(self) -> dict[str, Any]:
        """The checkpoint's header."""
        dense = {"method": DENSE, "level": DENSE_LEVEL, "traits": DENSE_TRAITS.as_json()}
        return {
            "architecture": self.architecture.as_json(),
            "regime": self.configured_name,
            "regime_plugin": self.regime.name,
            "regime_options": self.options.model_dump(mode="json"),
            "views": {"images": list(self.views.images), "unlabelled": list(self.views.unlabelled)},
            "twin": self.twin.as_json(),
            "labelled": self._checksum(self.labelled),
            **({} if self.parts is None else {"parts": self._checksum(self.parts)}),
            **(self.compression.record if self.compression else dense),
            "seeds": list(self.seeds),
            "study_seed": self.study_seed,
            "data_checksum": self.data_checksum,
            **made_by(self.code_version),
            **self.compute.record(),
        }

    def fingerprint(self) -> str:
        """Hash of the record: a saved state with another one is of another training run."""
        return hashlib.sha256(json.dumps(self.record(), sort_keys=True).encode()).hexdigest()

    def _checksum(self, table: pd.DataFrame | None) -> str | None:
        """Hash of what a table of seeds and images says of the block's seeds."""
        if table is None:
            return None
        rows = table[table["seed"].isin(self.seeds)]
        return hashlib.sha256(rows[["seed", "example_id"]].to_numpy(np.int64).tobytes()).hexdigest()


def plan_training(
    train: Stored,
    *,
    regime: str,
    options: str,
    model: str,
    seeds: str,
    study_seed: int,
    device: str,
    precision: str,
    name: str = "",
    labelled: Path | None = None,
    part: Path | None = None,
    twin: Twin = UNCHANGED,
    code_version: str = "",
) -> TrainingPlan:
    """The plan of a block of dense networks, from what a rule passes.

    Args:
        regime: its file; `name` is what the study calls it, by default the same.
        options: the regime's options as JSON.
        model: architecture as JSON, `{"name": ..., "options": {...}}`.
        seeds: first and last, `0-4`.
        labelled: table of the images whose labels may be used, for a regime that uses some.
        part: table of the images on which each seed is trained, where these are not all.
    Raises: ConfigError: the device is not there, options or views do not fit the images, or `labelled` is missing.
    """
    spec: RegimeSpec = registry.load(registry.REGIMES, regime)
    chosen = in_as_many_steps(checked(spec.Options, options, where=name or regime), len(train), twin)
    traits = ImageTraits(train.channels, train.views)
    views = spec.views(chosen, traits)
    check_views([each for view in (*views.images, *views.unlabelled) for each in view], traits, train.record["dataset"])
    if spec.labels == "some" and labelled is None:
        raise ConfigError(f"regime '{regime}' uses some of the labels; say which with --labelled")
    return TrainingPlan(
        architecture=Architecture.of(model, train),
        regime=spec,
        options=chosen,
        study_seed=study_seed,
        seeds=seeds_of(seeds),
        compute=choose_compute(device, precision),
        data_checksum=train.record["sha256"],
        views=views,
        code_version=code_version,
        name=name,
        labelled=read_table(labelled, LABELLED) if spec.labels == "some" and labelled else None,
        parts=None if part is None else read_table(part, PARTS),
        twin=twin,
    )


def in_as_many_steps(options: RegimeOptions, num_images: int, twin: Twin) -> RegimeOptions:
    """The options by which fewer images are trained on in about as many steps: with more epochs.

    Otherwise fewer images would also mean a shorter training, by most where batches are large.

    Raises: ConfigError: fewer images than one batch.
    """
    if twin.train_size is None:
        return options
    all_steps, steps = (options.steps_per_epoch(count) for count in (num_images, twin.train_size))
    stop_after = None if options.stop_after is None else max(1, round(options.stop_after * all_steps / steps))
    return options.model_copy(update={"epochs": round(options.epochs * all_steps / steps), "stop_after": stop_after})
