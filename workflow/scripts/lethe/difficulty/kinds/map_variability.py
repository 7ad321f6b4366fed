"""Variability of a Data Map: how much the label's probability moves over training.

difficulty = mean_k of the standard deviation over watched epochs t of p_t(y). High values are of examples that some
epochs get right and others wrong, which the paper calls ambiguous; examples that are never learnt have low ones.

Source: Swayamdipta et al. 2020, arXiv:2009.10795, section 2.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """In [0, 1/2]."""
    return evidence.required_trajectories().probability.std(axis=1, dtype=np.float64).mean(axis=0)


SPEC = DifficultySpec(
    name="map_variability",
    title="Data-Map variability",
    summary="standard deviation of the label's probability over training, mean over networks",
    source="Swayamdipta et al. 2020, arXiv:2009.10795",
    of="population",
    needs=("trajectories",),
    reads_label=True,
    measure=measure,
)
