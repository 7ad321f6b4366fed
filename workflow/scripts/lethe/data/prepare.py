"""Write the splits of a study's data set into the store, whole or not at all."""

import hashlib
import io
import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lethe.core import registry
from lethe.core.errors import DataError
from lethe.core.explain import checked
from lethe.core.splits import TEST, TRAIN, VALIDATION
from lethe.data.attributes import with_attributes
from lethe.data.inputs import dataset_files, known_before, remember_reading
from lethe.data.inspect import Pictures, inspect
from lethe.data.plant import attribute_frame, plant, taken
from lethe.data.spec import DataSpec, Split
from lethe.data.store import chunks
from lethe.data.subset import divided
from lethe.store import job, schema
from lethe.store.files import atomic
from lethe.store.fingerprints import Fingerprints, fingerprints
from lethe.store.provenance import made_by
from lethe.store.tables import write_table

SPLITS = (TRAIN, TEST)


@dataclass(frozen=True)
class Source:
    """Which examples a study uses, as its config says."""

    name: str
    options: str  # as JSON
    root: Path | None
    train_size: int | None
    study_seed: int
    validation_size: int | None = None
    planted: str = "{}"  # as JSON, see `data.plant`
    attributes: Path | None = None  # see `data.attributes`


@dataclass(frozen=True)
class SplitFiles:
    """Where one split lies."""

    images: Path
    examples: Path
    attributes: Path | None = None


def prepare(
    source: Source,
    train: SplitFiles,
    test: SplitFiles,
    *,
    validation: SplitFiles | None = None,
    code_version: str = "",
    inputs: Path | None = None,
) -> list[str]:
    """Write all splits, or none of their files.

    Args:
        validation: for the images that are set aside, if any are.
        inputs: the state file that says which files were read (see `inputs`).
    Returns: what a person should know of the images, a sentence each; it stands in the records, too, as `told`.
    Raises:
        ConfigError: unknown data set or options, or a train_size or validation_size that does not fit.
        DataError: a file of the data set is missing, truncated, corrupt or not the published one, or was changed
            meanwhile, or nothing could be learnt from the images.
    """
    splits = load_splits(source)
    read = _fingerprints(source, inputs)
    if inputs is not None:
        job.note_read(inputs, read.sha256)
    with ExitStack() as stack:
        written = {}
        for split, files in ((TRAIN, train), (TEST, test), (VALIDATION, validation)):
            if files is None:
                continue
            paths = (files.images, files.examples, *([] if files.attributes is None else [files.attributes]))
            into = SplitFiles(*(stack.enter_context(atomic(path)) for path in paths))
            written[split] = (into, write_images(splits[split], into.images))
        told = _told(splits, {split: into.images for split, (into, _) in written.items()})
        for split, (into, content) in written.items():
            decoded_by = ("pillow",) if splits[split].paths else ()
            record = {**_record(source, split), **made_by(code_version, also=decoded_by), "told": told}
            record["files"] = {"count": len(read.names), "sha256": read.sha256}
            write_examples(splits[split], into.examples, record | content)
            if into.attributes is not None:
                write_table(into.attributes, attribute_frame(splits[split]), schema.ATTRIBUTES, record | content)
        if _fingerprints(source, inputs, known=read).sha256 != read.sha256:
            raise DataError(f"{source.name}: files were changed while they were read; run again once they are whole")
    if inputs is not None:
        remember_reading(inputs, read)
    return told


def _told(splits: dict[str, Split], images: dict[str, Path]) -> list[str]:
    """What a person should know of the images that were written, and of the files they were read from."""
    pictures = {
        split: Pictures(
            {TRAIN: "training"}.get(split, split),
            np.load(file, mmap_mode="r"),
            splits[split].labels,
            splits[split].example_ids,
            splits[split].paths,
        )
        for split, file in images.items()
    }
    of_files = [sentence for split in SPLITS for sentence in splits[split].told()]
    try:
        told = inspect(pictures[TRAIN], pictures[TEST], splits[TRAIN].class_names, pictures.get(VALIDATION))
        return [*of_files, *told]
    except DataError as error:
        # What had to be done to the files may be the reason.
        raise DataError(" ".join([f"{error}.", *of_files]) if of_files else str(error)) from None


def _fingerprints(source: Source, inputs: Path | None, known: Fingerprints | None = None) -> Fingerprints:
    """Which files the data set reads, and what is in them."""
    files = dataset_files(source.name, source.options, source.root, source.planted, source.attributes)
    if known is None and inputs is not None:
        known = known_before(inputs)
    return fingerprints(files, below=source.root, known=known)


def load_splits(source: Source) -> dict[str, Split]:
    """The splits of a study: those of the data set, the training images divided as the study asks.

    Raises: ConfigError, DataError: as `prepare`.
    """
    spec: DataSpec = registry.load(registry.SETS, source.name)
    options = checked(spec.Options, source.options, where=source.name, prefix="dataset.options")
    splits = {split: spec.load(options, source.root, split) for split in SPLITS}
    _check_splits(source.name, splits)
    if source.train_size is not None or source.validation_size is not None:
        whole = splits[TRAIN]
        parts = divided(
            whole.labels,
            train_size=source.train_size,
            validation_size=source.validation_size,
            study_seed=source.study_seed,
        )
        splits[TRAIN] = taken(whole, parts.train)
        if source.validation_size is not None:
            splits[VALIDATION] = taken(whole, parts.validation)
    if source.attributes is not None:
        splits = with_attributes(splits, source.attributes)
    planted = json.loads(source.planted)
    return plant(splits, planted, study_seed=source.study_seed) if planted else splits


def _record(source: Source, split: str) -> dict[str, Any]:
    """What decided the content; `dataset.root` stays out, because it says where, not what."""
    return {
        "dataset": source.name,
        "options": json.loads(source.options),
        "split": split,
        "train_size": source.train_size,
        **({} if source.validation_size is None else {"validation_size": source.validation_size}),
        **({"planted": json.loads(source.planted)} if source.planted != "{}" else {}),
        **({"has_attributes": True} if source.attributes is not None else {}),
        "study_seed": source.study_seed,
        "views": list(registry.literal(registry.SETS, source.name, "views")),
    }


def _check_splits(name: str, splits: dict[str, Split]) -> None:
    """What every data set promises, checked before anything is written."""
    train, test = splits["train"], splits["test"]
    if train.class_names != test.class_names or len(set(train.class_names)) != len(train.class_names):
        raise DataError(f"{name}: class names differ between the splits or repeat; name every class once")
    ids = np.concatenate([train.example_ids, test.example_ids])
    if len(np.unique(ids)) != len(ids):
        raise DataError(f"{name}: example_id repeats; every image needs its own")
    for split, examples in splits.items():
        if len(examples) == 0:
            raise DataError(f"{name}: the {split} split is empty; it needs at least one image")
        if examples.labels.min() < 0 or examples.labels.max() >= len(examples.class_names):
            raise DataError(f"{name}: the {split} split has labels outside 0..{len(examples.class_names) - 1}")
    shapes = [examples.read(np.arange(1)).shape[1:] for examples in (train, test)]
    if shapes[0] != shapes[1]:
        raise DataError(f"{name}: training images are {shapes[0]}, test images {shapes[1]}; both need one shape")


def write_split(split: Split, files: SplitFiles, record: dict[str, Any]) -> None:
    """Write the images and the examples of a split, with a record that says what decided them."""
    write_examples(split, files.examples, record | write_images(split, files.images))


def write_images(split: Split, path: Path) -> dict[str, Any]:
    """Write the images of a split; returns what its record says of them: shape, and the checksum of their file."""
    first = split.read(np.arange(1))
    shape = (len(split), *first.shape[1:])
    digest = hashlib.sha256()
    # Written, not mapped: a full disk is then an error that can be reported instead of a bus error.
    with path.open("wb") as file:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
        digest.update(header.getvalue())
        file.write(header.getvalue())
        for rows in chunks(len(split), first.nbytes):
            images = split.read(np.arange(rows.start, rows.stop))
            assert images.dtype == np.uint8 and images.shape == (rows.stop - rows.start, *shape[1:])
            pixels = images.tobytes()
            digest.update(pixels)
            file.write(pixels)
    sha256 = digest.hexdigest()
    return {"shape": list(shape), "sha256": sha256}


def write_examples(split: Split, path: Path, record: dict[str, Any]) -> None:
    """Write the table of a split's examples, with a record of what decided them and their images."""
    names = pa.DictionaryArray.from_arrays(pa.array(split.labels, pa.int32()), pa.array(split.class_names, pa.string()))
    columns = {"example_id": pa.array(split.example_ids), "label": pa.array(split.labels), "class_name": names}
    form = schema.EXAMPLES
    if split.paths:
        columns["path"], form = pa.array(split.paths, pa.string()), schema.EXAMPLES_WITH_PATHS
    write_table(path, pa.table(columns), form, {**record, "class_names": list(split.class_names)})
