"""EL2N: how far an example's probabilities are from its label early in training, mean over the networks.

difficulty = mean_k || softmax(z) - one-hot(y) ||_2 at the first watched epoch after a tenth of the training.

Source: Paul, Ganguli and Dziugaite 2021, arXiv:2107.07075, section 2; differs: early is a share of the training, and
there are as many networks as the study has seeds.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import EARLY, Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """In [0, sqrt 2]."""
    watched = evidence.required_trajectories()
    return watched.error[:, watched.early(EARLY)].mean(axis=0, dtype=np.float64)


SPEC = DifficultySpec(
    name="el2n",
    title="EL2N",
    summary="norm of probabilities minus one-hot label early in training, mean over networks",
    source="Paul et al. 2021, arXiv:2107.07075",
    of="population",
    needs=("trajectories",),
    reads_label=True,
    measure=measure,
)
