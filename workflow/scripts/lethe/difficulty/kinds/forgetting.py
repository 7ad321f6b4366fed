"""Forgetting events: how often an example is right at one watched epoch of training and wrong at the next.

difficulty = mean_k sum_t [right at t and wrong at t + 1]; a network that is never right counts as many as there are
watched epochs, more than any other can.

Source: Toneva et al. 2019, arXiv:1812.05159, definition 1; differs: at watched epochs, not whenever an example comes by
in a batch, so that test images have them too; never learned is a number, not infinity.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """Events, from 0 to the number of watched epochs."""
    correct = evidence.required_trajectories().correct
    events = (correct[:, :-1] & ~correct[:, 1:]).sum(axis=1)
    return np.where(correct.any(axis=1), events, correct.shape[1]).mean(axis=0)


SPEC = DifficultySpec(
    name="forgetting",
    title="forgetting events",
    summary="how often an example is right and then wrong during training, mean over networks",
    source="Toneva et al. 2019, arXiv:1812.05159",
    of="population",
    needs=("trajectories",),
    reads_label=True,
    measure=measure,
)
