"""Twins of the training split, which differ from the study's in one stated way: some labels wrong, or fewer images.

They are what the gaps of generalisation are measured with; nothing else of a training changes, not the number of
steps either (see `training.plan`).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int64

from lethe.core.errors import ConfigError
from lethe.core.seeding import Replicate
from lethe.data.labelled import positions_of
from lethe.data.store import Stored
from lethe.store.schema import NO_TWIN


@dataclass(frozen=True)
class Twin:
    """What is changed: share of labels replaced by random ones, images kept. The default changes nothing."""

    label_noise: float = 0.0
    train_size: int | None = None

    @property
    def name(self) -> str:
        """As `study.grid` writes it: `noise0.05`, `size450`; `none` where nothing is changed."""
        noise = [f"noise{self.label_noise:g}"] if self.label_noise else []
        size = [f"size{self.train_size}"] if self.train_size is not None else []
        return "_".join(noise + size) or NO_TWIN

    def as_json(self) -> dict[str, float | int | None]:
        """As it stands in a checkpoint's header."""
        return {"label_noise": self.label_noise, "train_size": self.train_size}


UNCHANGED = Twin()


def noisy_labels(
    labels: Int64[np.ndarray, " examples"], share: float, num_classes: int, generator: np.random.Generator
) -> Int64[np.ndarray, " examples"]:
    """Each label replaced with probability `share` by a class drawn uniformly from all classes.

    About share (C - 1) / C of the labels end up wrong, because the drawn class may be the true one. From the same
    generator a larger share replaces what a smaller one does, by the same classes, and more.

    Source: Bansal, Kaplun and Barak 2021, arXiv:2010.08508, section 2.
    """
    if not 0 <= share <= 1:
        raise ConfigError(f"label noise {share} given; it is a share of the labels, from 0 to 1")
    is_replaced = generator.random(len(labels)) < share
    return np.where(is_replaced, generator.integers(num_classes, size=len(labels)), labels)


def kept_rows(
    train: Stored, twin: Twin, replicate: Replicate, labelled: pd.DataFrame | None = None
) -> Int64[np.ndarray, " kept"]:
    """Ascending positions of the images that a twin keeps; those of a smaller twin are among those of a larger one.

    Args: labelled: seed and example_id of the images whose labels alone may be used; they are kept first.
    Raises: ConfigError: more images than there are, or so few that a class or a labelled image would be left out.
    """
    if twin.train_size is None:
        return np.arange(len(train))
    first = _is_labelled(train, replicate.seed, labelled)
    return foremost_rows(train.labels, twin.train_size, replicate.numpy("train_size"), first=first)


def foremost_rows(
    labels: Int64[np.ndarray, " examples"],
    size: int,
    generator: np.random.Generator,
    *,
    first: Bool[np.ndarray, " examples"],
) -> Int64[np.ndarray, " chosen"]:
    """`size` rows as `nested_rows` chooses them, with all of `first`; how many of a class does not hang on the draw.

    Raises: ConfigError: more images than there are, or so few that a class or a labelled image would be left out.
    """
    rows = nested_rows(labels, size, generator, first=first)
    lost = int(first.sum() - first[rows].sum())
    if lost:
        raise ConfigError(
            f"generalisation.train_sizes: {size} given, which leaves out {lost} of {first.sum()} "
            "labelled images; raise it or label fewer"
        )
    return rows


def nested_rows(
    labels: Int64[np.ndarray, " examples"],
    size: int,
    generator: np.random.Generator,
    *,
    first: Bool[np.ndarray, " examples"],
) -> Int64[np.ndarray, " chosen"]:
    """`size` rows, ascending: of every class its share as nearly as whole numbers allow, and of `first` the most.

    The k-th of a class's n images stands at (k - 1/2) / n; the rows that stand foremost are taken, of equal ones the
    smaller label. So the rows of a smaller size are among those of a larger one, which quotas rounded by largest
    remainder would not promise.

    Source: Sainte-Lague's method of apportionment.
    Raises: ConfigError: more rows than there are, or a class without a row.
    """
    if size > len(labels):
        raise ConfigError(
            f"generalisation.train_sizes: {size} given, but there are {len(labels)} training images; lower it"
        )
    standing = np.empty(len(labels))
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        members = members[np.argsort(~first[members], kind="stable")]
        standing[members] = (np.arange(len(members)) + 0.5) / len(members)
    chosen = np.sort(np.lexsort((labels, standing))[:size])
    num_classes, num_kept = (len(np.unique(some)) for some in (labels, labels[chosen]))
    if num_kept < num_classes:
        raise ConfigError(
            f"generalisation.train_sizes: {size} given, which leaves {num_classes - num_kept} of {num_classes} "
            "classes without an image; raise it"
        )
    return chosen


def changed_split(train: Stored, twin: Twin, replicate: Replicate, labelled: pd.DataFrame | None = None) -> Stored:
    """The training split of one seed under a twin's change; the wrong labels are drawn for the whole split.

    Args: labelled: as in `kept_rows`.
    """
    labels = given_labels(train, twin, replicate)
    if twin.train_size is None:
        return replace(train, labels=labels)
    rows = kept_rows(train, twin, replicate, labelled)
    return replace(train, images=train.images[rows], labels=labels[rows], example_ids=train.example_ids[rows])


def given_labels(train: Stored, twin: Twin, replicate: Replicate) -> Int64[np.ndarray, " examples"]:
    """Labels of the whole split as training is given them."""
    generator = replicate.numpy("label_noise")
    return noisy_labels(train.labels, twin.label_noise, len(train.class_names), generator)


def _is_labelled(train: Stored, seed: int, labelled: pd.DataFrame | None) -> Bool[np.ndarray, " examples"]:
    """Which training images are a seed's labelled ones; none of them without a table."""
    found = np.zeros(len(train), dtype=bool)
    if labelled is not None:
        found[positions_of(labelled, seed, train.example_ids)] = True
    return found
