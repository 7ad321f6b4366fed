"""GraNd of the last layer: the norm of an example's gradient early in training, mean over the networks.

difficulty = mean_k || d loss / d (W, b) ||_2 = mean_k || softmax(z) - one-hot(y) ||_2 sqrt(|| h ||^2 + 1), with W and b
of the head and h its input, at the first watched epoch after a tenth of the training.

Source: Paul, Ganguli and Dziugaite 2021, arXiv:2107.07075, definition 2.1; differs: gradients of the head alone.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import EARLY, Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """At least 0."""
    watched = evidence.required_trajectories()
    return watched.gradient[:, watched.early(EARLY)].mean(axis=0, dtype=np.float64)


SPEC = DifficultySpec(
    name="grand",
    title="GraNd (head)",
    summary="norm of the head's gradient early in training, mean over networks",
    source="Paul et al. 2021, arXiv:2107.07075",
    of="population",
    needs=("trajectories",),
    reads_label=True,
    measure=measure,
)
