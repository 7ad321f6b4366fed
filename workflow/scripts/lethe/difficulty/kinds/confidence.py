"""How unsure the networks are of what they predict: 1 - the mean probability of each network's own prediction."""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """1 - mean_k max_c p_c, in [0, 1]."""
    return 1 - evidence.confidences.mean(axis=0, dtype=np.float64)


SPEC = DifficultySpec(
    name="confidence",
    title="confidence",
    summary="probability of the prediction, mean over networks, from 1 down",
    source="definitions of the field",
    of="population",
    needs=("predictions",),
    reads_label=False,
    measure=measure,
)
