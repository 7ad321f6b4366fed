"""What a file of `difficulty/kinds` promises: one measure of difficulty, and what it is measured on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

# What a measure is taken of: all networks of a regime at once, or every network by itself and then the mean over them.
Of = Literal["population", "network"]
# What a measure of a population may need: every study has the first; the others not every split or every study has.
OF_POPULATION = ("predictions", "logits", "trajectories", "subsets", "train_subsets")
# What a measure of a network may need beside the images: the first three every study has.
OF_NETWORK = ("features", "layers", "views", "snapshots")


@dataclass(frozen=True)
class DifficultySpec:
    """One measure of difficulty: `SPEC = DifficultySpec(...)` in its file, all but `measure` as literals.

    Attributes:
        title: its name for people, as the field calls it.
        of: "population": (evidence) -> difficulties, from what all networks predicted and how training went, without
            torch; "network": (look) -> difficulties, from one network and its images.
        needs: some of OF_POPULATION or OF_NETWORK; where a study or a split lacks one the measure is not taken.
        reads_label: whether it compares with the label. One that does finds wrong labels by disagreeing with them.
        default: whether it is taken of networks unless the config names those that are; of populations all are.
        measure: higher = harder; NaN where it is not defined for an example. It depends on what is given alone,
            whatever the order of the examples or of the seeds.
    """

    name: str
    title: str
    summary: str
    source: str
    of: Of
    needs: tuple[str, ...]
    reads_label: bool
    measure: Callable[[Any], Float[np.ndarray, " examples"]]
    default: bool = True
