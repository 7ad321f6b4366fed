"""What makes some examples hard for a known reason, planted in the splits of a study and written down per example.

No example gets more than one plant, so that each is hard for one reason. First images are left out, then images are
changed, then labels; within that the order of the config.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64

from lethe.core import registry
from lethe.core.explain import checked
from lethe.core.seeding import study_generator
from lethe.core.splits import NO, TRAIN, TRUE_CLASS, YES
from lethe.data.plant_spec import Ground, Planted, PlantSpec, Rows
from lethe.data.spec import Images, Split

_ORDER = ("number", "images", "labels")


@dataclass(frozen=True)
class Asked:
    """One plant as a study asks for it, by the name that it goes by there."""

    name: str
    spec: PlantSpec
    options: Any

    def generator(self, study_seed: int, *parts: int) -> np.random.Generator:
        """Its randomness: that of its name, so that another plant beside it moves nothing."""
        return study_generator(study_seed, f"plant {self.name}", *parts)


def read_plants(planted: Mapping[str, Mapping[str, Any]]) -> list[Asked]:
    """The plants that a config asks for, in the order in which they are planted.

    Raises: UnknownName: no such plant. ConfigError: options that it does not know or allow.
    """
    found = []
    for name, given in planted.items():
        spec: PlantSpec = registry.load(registry.PLANTS, str(given.get("plugin") or name))
        options = {key: value for key, value in given.items() if key != "plugin"}
        found.append(Asked(name, spec, checked(spec.Options, options, where=name, prefix=f"dataset.planted.{name}")))
    return sorted(found, key=lambda asked: _ORDER.index(asked.spec.changes))


def plant(
    splits: Mapping[str, Split], planted: Mapping[str, Mapping[str, Any]], *, study_seed: int
) -> dict[str, Split]:
    """The splits with everything planted, and an attribute of every example for each plant: yes or no.

    Where labels were changed the attribute `true_class` holds the class that an example had.

    Raises: as `read_plants`.
    """
    plants, train = read_plants(planted), splits[TRAIN]
    return {name: _planted(name, split, train, plants, study_seed) for name, split in splits.items()}


def _planted(name: str, split: Split, train: Split, plants: list[Asked], study_seed: int) -> Split:
    """One split with everything that is planted in it."""
    marks: dict[str, Bool[np.ndarray, " examples"]] = {}
    true = split.labels
    place = ("train", "validation", "test").index(name)
    for asked in plants:
        if name not in asked.options.splits:
            continue
        ground = Ground(
            name,
            split,
            ~np.any([np.zeros(len(split), dtype=bool), *marks.values()], axis=0),
            train,
            asked.generator(study_seed, *([] if asked.spec.changes == "number" else [place])),
            lambda example_id, *parts, asked=asked: asked.generator(study_seed, 1000 + example_id, *parts),
        )
        done = asked.spec.plant(ground, asked.options)
        marks[asked.name] = np.isin(np.arange(len(split)), done.rows)
        split = _changed(replace(split, attributes={**split.attributes, **done.attributes}), done)
        if done.kept is not None:
            marks = {other: mark[done.kept] for other, mark in marks.items()}
            true = true[done.kept]
    attributes = {other: np.where(mark, YES, NO) for other, mark in marks.items()}
    if any(asked.spec.changes == "labels" and asked.name in marks for asked in plants):
        attributes[TRUE_CLASS] = np.array(split.class_names, dtype=object)[true]
    return replace(split, attributes={**split.attributes, **attributes})


def _changed(split: Split, done: Planted) -> Split:
    """A split after one plant."""
    if done.labels is not None:
        labels = split.labels.copy()
        labels[done.rows] = done.labels
        split = replace(split, labels=labels)
    if done.change is not None:
        split = replace(split, read=_reader(split, done))
    return split if done.kept is None else taken(split, done.kept)


def _reader(split: Split, done: Planted) -> Any:
    """Reads images, those changed that were planted."""
    change, rows = done.change, done.rows
    assert change is not None

    def read(chosen: Rows) -> Images:
        images = split.read(chosen)
        is_changed = np.isin(chosen, rows)
        if is_changed.any():
            images = images.copy()
            images[is_changed] = change(chosen[is_changed], images[is_changed])
        return images

    return read


def taken(split: Split, rows: Int64[np.ndarray, " chosen"]) -> Split:
    """Some examples of a split, still read on demand."""
    return replace(
        split,
        labels=split.labels[rows],
        example_ids=split.example_ids[rows],
        read=lambda chosen: split.read(rows[chosen]),
        paths=tuple(split.paths[row] for row in rows) if split.paths else (),
        attributes={name: values[rows] for name, values in split.attributes.items()},
    )


def attribute_frame(split: Split) -> pd.DataFrame:
    """One row per (attribute, example), attributes in their order, examples in that of the split."""
    parts = [
        pd.DataFrame({"attribute": name, "example_id": split.example_ids, "value": np.asarray(values, dtype=object)})
        for name, values in split.attributes.items()
    ]
    columns = ["attribute", "example_id", "value"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
