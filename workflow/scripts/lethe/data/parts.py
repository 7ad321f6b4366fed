"""Which training images each seed is trained on, where every seed has a random part of them.

Classes keep their shares as nearly as whole numbers allow, and images whose labels a regime may use are always in
the part: all regimes of a seed see the same images.

Source: Feldman and Zhang 2020, arXiv:2008.03703, section 2.1, random subsets; differs: classes in proportion.
"""

import numpy as np
import pandas as pd
from jaxtyping import Int64

from lethe.core.errors import ConfigError
from lethe.core.seeding import Replicate
from lethe.data.labelled import labelled_part, positions_of
from lethe.data.store import Stored
from lethe.data.twins import foremost_rows


def parts_frame(
    labels: Int64[np.ndarray, " examples"],
    example_ids: Int64[np.ndarray, " examples"],
    seeds: tuple[int, ...],
    *,
    share: float,
    study_seed: int,
    labelled: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row per (seed, training image), by seed and by position in the training split.

    Args: labelled: seed and example_id of images that are in the part of their seed in any case.
    Raises: ConfigError: a part so small that a class or a labelled image would be left out.
    """
    found = []
    for seed in seeds:
        rows = part_rows(labels, example_ids, share, Replicate(study_seed, seed), labelled)
        found.append(pd.DataFrame({"seed": seed, "example_id": example_ids[rows]}))
    return pd.concat(found, ignore_index=True)


def part_rows(
    labels: Int64[np.ndarray, " examples"],
    example_ids: Int64[np.ndarray, " examples"],
    share: float,
    replicate: Replicate,
    labelled: pd.DataFrame | None = None,
) -> Int64[np.ndarray, " chosen"]:
    """Rows of one seed's part, ascending."""
    first = np.zeros(len(labels), dtype=bool)
    if labelled is not None:
        first[positions_of(labelled, replicate.seed, example_ids)] = True
    size = round(share * len(labels))
    try:
        return foremost_rows(labels, size, replicate.numpy("part"), first=first)
    except ConfigError as error:
        said = str(error).partition(": ")[2]
        raise ConfigError(f"seeds.share: {share:g} of {len(labels)} training images: {said}") from None


def own_part(train: Stored, parts: pd.DataFrame | None, seed: int) -> Stored:
    """The training images of a seed: all of them, or its part."""
    return labelled_part(train, parts, seed)
