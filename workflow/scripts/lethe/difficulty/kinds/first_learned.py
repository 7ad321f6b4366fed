"""First-learned point: how much of the training had passed before an example was right for good.

difficulty = mean_k (number of watched epochs after the last of which it was still wrong) / (number of watched epochs):
0 if it was right at all of them, 1 if it was wrong at the last.

Source: Toneva et al. 2019, arXiv:1812.05159, first learning; for good as in METHODS 10; differs: at watched epochs.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """In [0, 1]."""
    correct = evidence.required_trajectories().correct
    right_to_the_end = np.logical_and.accumulate(correct[:, ::-1], axis=1).sum(axis=1)
    return 1 - right_to_the_end.mean(axis=0) / correct.shape[1]


SPEC = DifficultySpec(
    name="first_learned",
    title="first-learned point",
    summary="share of the training before an example is right for good, mean over networks",
    source="Toneva et al. 2019, arXiv:1812.05159",
    of="population",
    needs=("trajectories",),
    reads_label=True,
    measure=measure,
)
