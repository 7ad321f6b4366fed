"""Data-IQ: the aleatoric uncertainty of the label, averaged over training.

difficulty = mean_k mean_t p_t(y) (1 - p_t(y)) over the watched epochs t.

Source: Seedat et al. 2022, arXiv:2210.13043, section 3.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """In [0, 1/4]."""
    probability = evidence.required_trajectories().probability.astype(np.float64)
    return (probability * (1 - probability)).mean(axis=(0, 1))


SPEC = DifficultySpec(
    name="data_iq",
    title="Data-IQ",
    summary="p (1 - p) of the label averaged over training, mean over networks",
    source="Seedat et al. 2022, arXiv:2210.13043",
    of="population",
    needs=("trajectories",),
    reads_label=True,
    measure=measure,
)
