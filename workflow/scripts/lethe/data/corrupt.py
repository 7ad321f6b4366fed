"""A corrupted copy of a stored split, stored like any other: what opens `test` opens `test@fog-3`."""

from dataclasses import replace

import numpy as np
from jaxtyping import Int64

from lethe.core import registry, splits
from lethe.core.errors import DataError
from lethe.core.seeding import study_generator
from lethe.data.corruption_spec import CorruptionSpec
from lethe.data.prepare import SplitFiles, write_split
from lethe.data.spec import Images, Split
from lethe.data.store import Stored, open_split, read_paths
from lethe.store.files import atomic
from lethe.store.provenance import made_by

# So few at a time that their floats, indices and copies stay in a few megabytes.
_TOGETHER = 128


def corrupt_split(
    clean: SplitFiles, copy: SplitFiles, asked: splits.Corrupted, *, study_seed: int, code_version: str = ""
) -> None:
    """Write a corrupted copy of a stored split, both of its files or none.

    Raises: DataError: the clean images are not those that were written, or grey where the corruption needs colours.
    """
    stored = open_split(clean.images, clean.examples)
    of_clean = ("schema_version", "sha256", "shape", "told")
    kept = {key: value for key, value in stored.record.items() if key not in of_clean}
    record = {
        **kept,
        "split": str(asked),
        "corruption": asked.corruption,
        "severity": asked.severity,
        "study_seed": study_seed,
        "source_sha256": stored.record["sha256"],
        **made_by(code_version, also=("pillow",)),
    }
    with atomic(copy.images) as images, atomic(copy.examples) as examples:
        split = replace(corrupted(stored, asked, study_seed=study_seed), paths=read_paths(clean.examples))
        write_split(split, SplitFiles(images, examples), record)


def corrupted(stored: Stored, asked: splits.Corrupted, *, study_seed: int) -> Split:
    """The examples of a stored split with corrupted images, made when they are read.

    Raises: DataError: grey images, and the corruption needs colours.
    """
    if splits.needs_color(asked.corruption) and stored.channels != 3:
        raise DataError(f"{asked}: '{asked.corruption}' changes colours, but the images are grey; leave it out")
    return Split(
        stored.labels,
        stored.example_ids,
        stored.class_names,
        lambda chosen: corrupt_images(stored.images[chosen], stored.example_ids[chosen], asked, study_seed=study_seed),
    )


def corrupt_images(
    images: Images, example_ids: Int64[np.ndarray, " examples"], asked: splits.Corrupted, *, study_seed: int
) -> Images:
    """Corrupted images, each decided by (corruption, severity, its id, study seed) and its own pixels alone."""
    spec: CorruptionSpec = registry.load(registry.CORRUPTIONS, asked.corruption)
    found = np.empty_like(images)
    for start in range(0, len(images), _TOGETHER):
        rows = slice(start, start + _TOGETHER)
        generators = [study_generator(study_seed, f"corruption {spec.name}", int(i)) for i in example_ids[rows]]
        pixels = spec.corrupt(images[rows].astype(np.float32) / np.float32(255), asked.severity, generators)
        found[rows] = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return found
