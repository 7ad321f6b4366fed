"""The margin of the label's logit over the largest other one, mean over the networks, negated."""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """-mean_k (z_y - max over c != y of z_c), in logits."""
    return -evidence.margins.mean(axis=0, dtype=np.float64)


SPEC = DifficultySpec(
    name="margin",
    title="logit margin",
    summary="the label's logit minus the largest other one, mean over networks, negated",
    source="definitions of the field",
    of="population",
    needs=("predictions",),
    reads_label=True,
    measure=measure,
)
