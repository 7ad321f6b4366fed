"""Everything that decides a block's networks, and the record of it that stands in their checkpoint."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lethe.core.seeding import Replicate
from lethe.data.variants import UNCHANGED, Variant
from lethe.networks.build import Architecture
from lethe.networks.compute import Compute
from lethe.networks.spec import Classifier
from lethe.regimes.spec import RegimeOptions, RegimeSpec, Views
from lethe.store.provenance import package_versions
from lethe.training.loop import MaskSchedule


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
    """Everything that decides a block's networks.

    Attributes:
        name: the regime as it is configured; by default its file's name.
        labelled: seed and example_id of the images whose labels may be used, where these are only some.
        variant: how the training split differs from the study's.
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
    variant: Variant = UNCHANGED
    compression: InTraining | None = None

    def record(self) -> dict[str, Any]:
        """The checkpoint's header."""
        return {
            "architecture": self.architecture.as_json(),
            "regime": self.configured_name,
            "regime_plugin": self.regime.name,
            "regime_options": self.options.model_dump(mode="json"),
            "views": {"images": list(self.views.images), "unlabelled": list(self.views.unlabelled)},
            "variant": self.variant.as_json(),
            "labelled": self._labelled_checksum(),
            **(
                self.compression.record
                if self.compression
                else {
                    "method": "dense",
                    "level": "0",
                    "traits": {
                        "plugin": "dense",
                        "level_kind": "none",
                        "pairing": "paired",
                        "treatment": "raw",
                        "acts_on": "none",
                        "role": "dense",
                        "control": "",
                    },
                }
            ),
            "seeds": list(self.seeds),
            "study_seed": self.study_seed,
            "data_checksum": self.data_checksum,
            "code_version": self.code_version,
            "packages": package_versions(),
            **self.compute.record(),
        }

    @property
    def configured_name(self) -> str:
        """The regime's name in the config."""
        return self.name or self.regime.name

    def _labelled_checksum(self) -> str | None:
        if self.labelled is None:
            return None
        rows = self.labelled[self.labelled["seed"].isin(self.seeds)]
        return hashlib.sha256(rows[["seed", "example_id"]].to_numpy(np.int64).tobytes()).hexdigest()

    def replicate(self, seed: int) -> Replicate:
        """A seed's randomness: one for dense networks, another for all methods and levels that act during training."""
        dense = Replicate(self.study_seed, seed)
        return Replicate(dense.integer("in_training"), seed) if self.compression else dense

    def fingerprint(self) -> str:
        """Hash of the record: a saved state with another one is of another training run."""
        return hashlib.sha256(json.dumps(self.record(), sort_keys=True).encode()).hexdigest()
