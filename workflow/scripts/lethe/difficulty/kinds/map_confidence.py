"""Confidence of a Data Map: the label's probability averaged over training, from 1 down.

difficulty = 1 - mean_k mean_t p_t(y) over the watched epochs t.

Source: Swayamdipta et al. 2020, arXiv:2009.10795, section 2.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """In [0, 1]."""
    return 1 - evidence.required_trajectories().probability.mean(axis=(0, 1), dtype=np.float64)


SPEC = DifficultySpec(
    name="map_confidence",
    title="Data-Map confidence",
    summary="the label's probability averaged over training, mean over networks, from 1 down",
    source="Swayamdipta et al. 2020, arXiv:2009.10795",
    of="population",
    needs=("trajectories",),
    reads_label=True,
    measure=measure,
)
