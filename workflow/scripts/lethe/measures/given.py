"""What a measure is given: files by need, opened when the measure asks for them; torch is imported only then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lethe.core.blocks import seeds_of
from lethe.core.seeding import Replicate, study_generator
from lethe.store.arrays import read_arrays, read_header
from lethe.store.schema import ATTRIBUTES, LABELLED, PARTS
from lethe.store.tables import read_record, read_table
from lethe.study.results import result

if TYPE_CHECKING:  # a measure that needs no network starts without torch
    from lethe.data.store import Stored
    from lethe.networks.build import Architecture
    from lethe.networks.checkpoint import Block
    from lethe.networks.compute import Compute
    from lethe.networks.spec import Classifier


@dataclass(frozen=True)
class Given:
    """Files by need, and the few values that are not in files.

    Attributes:
        files: need -> its files; those of blocks in the order of the blocks.
        split: the split that is measured, for a measure of splits.
        block: seeds as they stand in a path, for a measure of a block or of seeds.
        model: architecture as JSON, for a measure of networks that no checkpoint holds.
    """

    files: Mapping[str, Sequence[Path]]
    study_seed: int = 0
    split: str = ""
    block: str = ""
    model: str = ""
    device: str = "auto"

    def blocks(self, need: str = "checkpoint") -> "list[Block]":
        """Networks of the given checkpoints."""
        from lethe.networks.checkpoint import read_block

        return [read_block(path) for path in self.files[need]]

    def images(self, need: str) -> "Stored":
        """The images of "train", "test", or of the "split" that is measured."""
        from lethe.data.store import open_split

        own = {path.suffix: path for path in self.files[need]}
        return open_split(own[".npy"], own[".parquet"])

    def tables(self, need: str, columns: list[str] | None = None) -> list[pd.DataFrame]:
        """Rows of every file of a result, all columns or some; its optional columns only where they are named."""
        form = result(need.rpartition("/")[2].split(":")[0])
        return [read_table(path, form.base, columns or form.base.names) for path in self.files[need]]

    def arrays(self, need: str) -> list[dict[str, np.ndarray]]:
        """Arrays by name of every file of a result that is written as arrays."""
        return [read_arrays(path) for path in self.files[need]]

    def snapshots(self) -> "dict[int, list[Classifier]]":
        """Networks along the training of every seed of the block, earliest first; none where none were kept."""
        from lethe.networks.checkpoint import read_snapshots

        found: dict[int, list[Classifier]] = {}
        for path in self.files.get("snapshots", ()):
            found |= read_snapshots(path, self.compute)
        return found

    def attributes(self) -> pd.DataFrame:
        """Attribute, example_id and value of the examples of the split; no rows where they have no attributes."""
        files = self.files.get("attributes", ())
        columns = ATTRIBUTES.names
        return (
            read_table(files[0], ATTRIBUTES).astype(dict.fromkeys(columns[::2], str))
            if files
            else pd.DataFrame(columns=columns)
        )

    def planted(self) -> list[str]:
        """Names of what is planted in the images, as the record of their attributes says."""
        return [name for path in self.files.get("attributes", ()) for name in read_record(path).get("planted", {})]

    def labelled(self) -> pd.DataFrame | None:
        """Seed and example_id of the images whose labels a regime may use; None where it may use all or none."""
        files = self.files.get("labelled", ())
        return read_table(files[0], LABELLED) if files else None

    def parts(self) -> pd.DataFrame | None:
        """Seed and example_id of the images on which each seed is trained; None where all are trained on all."""
        files = self.files.get("parts", ())
        return pd.concat([read_table(file, PARTS) for file in files], ignore_index=True) if files else None

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the block; none for a measure of all seeds."""
        return seeds_of(self.block) if self.block else ()

    def replicate(self, seed: int) -> Replicate:
        """A seed's randomness."""
        return Replicate(self.study_seed, seed)

    def generator(self, name: str) -> np.random.Generator:
        """Randomness that belongs to the study and to no seed."""
        return study_generator(self.study_seed, name)

    @cached_property
    def compute(self) -> "Compute":
        """Device, in float32 whatever the training's precision."""
        from lethe.networks.compute import choose_compute

        return choose_compute(self.device, "fp32")

    def architecture(self) -> "Architecture":
        """The study's network, for images like the training images."""
        from lethe.networks.build import Architecture

        return Architecture.of(self.model, self.images("train"))

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """Record of every given file that has one, by need."""
        found = {need: [_record(path) for path in paths if path.suffix != ".npy"] for need, paths in self.files.items()}
        return {need: [record for record in records if record] for need, records in found.items()}


def _record(path: Path) -> dict[str, Any]:
    if path.suffix == ".safetensors":
        return read_header(path)
    return read_record(path) if path.suffix == ".parquet" else {}
