"""Which training images keep their label where a regime may use only some: a stratified draw.

The draw belongs to the study and the seed, not to a regime: all semi-supervised regimes of a seed see the same labels.
One draw for the whole study leaves it out of what the seeds differ in, so that its share of seed noise can be told.
"""

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Int64

from lethe.core.errors import ConfigError
from lethe.core.seeding import Replicate, study_generator
from lethe.data.store import Stored
from lethe.data.subset import largest_remainder, rows_of_quotas

Draw = Literal["seed", "study"]


def labelled_frame(
    labels: Int64[np.ndarray, " examples"],
    example_ids: Int64[np.ndarray, " examples"],
    seeds: tuple[int, ...],
    *,
    study_seed: int,
    per_class: int | None,
    share: float | None,
    draw: Draw = "seed",
) -> pd.DataFrame:
    """One row per (seed, labelled example), by seed and by position in the training split.

    Args: draw: whether every seed has a draw of its own, or all have that of the study.
    """
    quotas = class_quotas(labels, per_class=per_class, share=share)
    parts = []
    for seed in seeds:
        is_own = draw == "seed"
        generator = Replicate(study_seed, seed).numpy("labels") if is_own else study_generator(study_seed, "labels")
        chosen = rows_of_quotas(labels, quotas, generator)
        parts.append(pd.DataFrame({"seed": seed, "example_id": example_ids[chosen]}))
    return pd.concat(parts, ignore_index=True)


def class_quotas(
    labels: Int64[np.ndarray, " examples"], *, per_class: int | None, share: float | None
) -> Int64[np.ndarray, " classes"]:
    """Labelled images of each class that occurs, ascending by label: equally many, or in proportion to the class.

    Raises: ConfigError: neither or both are given, a class has too few images, or would be left without a label.
    """
    if (per_class is None) == (share is None):
        raise ConfigError(f"labels: per_class {per_class} and share {share} given; give exactly one of them")
    classes, counts = np.unique(labels, return_counts=True)
    if per_class is not None:
        if per_class > counts.min():
            rarest = classes[counts.argmin()]
            raise ConfigError(
                f"labels.per_class: {per_class} given, but class {rarest} has {counts.min()} training images; lower it"
            )
        return np.full(len(classes), per_class)
    quotas = largest_remainder(counts, round(float(share or 0) * len(labels)))
    if not quotas.all():
        raise ConfigError(
            f"labels.share: {share} given, which is {quotas.sum()} of {len(labels)} training images and leaves "
            f"{int((quotas == 0).sum())} of {len(classes)} classes without a label; raise it"
        )
    return quotas


def positions_of(
    frame: pd.DataFrame, seed: int, example_ids: Int64[np.ndarray, " examples"]
) -> Int64[np.ndarray, " labelled"]:
    """Positions in the training split of a seed's labelled images, ascending."""
    chosen = frame.loc[frame["seed"] == seed, "example_id"].to_numpy()
    positions = np.flatnonzero(np.isin(example_ids, chosen))
    if len(chosen) == 0 or len(positions) != len(chosen):
        raise ConfigError(
            f"{len(positions)} of the {len(chosen)} labelled images of seed {seed} are in the training split; "
            "draw the labels again"
        )
    return positions


def labelled_part(train: Stored, labelled: pd.DataFrame | None, seed: int) -> Stored:
    """The training images whose labels a seed may use: all, or those of a table of labelled images."""
    if labelled is None:
        return train
    rows = positions_of(labelled, seed, train.example_ids)
    return replace(train, images=train.images[rows], labels=train.labels[rows], example_ids=train.example_ids[rows])
