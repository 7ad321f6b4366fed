"""The cross entropy of the networks with the label, mean over the networks."""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """mean_k -log p_y, in nats."""
    return evidence.losses.mean(axis=0, dtype=np.float64)


SPEC = DifficultySpec(
    name="loss",
    title="loss",
    summary="cross entropy with the label, mean over networks",
    source="definitions of the field",
    of="population",
    needs=("predictions",),
    reads_label=True,
    measure=measure,
)
