"""Influence: how much an example hangs on the one training image on which it hangs most.

difficulty = max over training images i of (mean over the seeds trained on i of [right] - mean over the others).
Seeds are trained on random parts of the images (`seeds: {share: 0.7}`); of a training image its own influence, which
is its memorisation, counts among them.

Source: Feldman and Zhang 2020, arXiv:2008.03703, definition of infl; differs: its maximum over the training images, and
as many networks as the study has seeds, so that chance makes it large: read its reliability.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec

_EXAMPLES = 256  # whose influences lie in memory at once


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """In [-1, 1]; NaN where all seeds were trained on the same images."""
    assert evidence.train_trained_on is not None
    used = evidence.train_trained_on.astype(np.float64)
    number = used.sum(axis=0)
    varies = (number > 0) & (number < len(used))
    if not varies.any():
        return np.full(len(evidence.labels), np.nan)
    # One column per training image: what a right prediction of each seed adds to the difference.
    weights = used[:, varies] / number[varies] - (1 - used[:, varies]) / (len(used) - number[varies])
    right = evidence.is_right.astype(np.float64).T
    parts = (right[first : first + _EXAMPLES] @ weights for first in range(0, len(right), _EXAMPLES))
    return np.concatenate([part.max(axis=1) for part in parts])


SPEC = DifficultySpec(
    name="influence",
    title="largest influence",
    summary="how much an example hangs on the training image on which it hangs most",
    source="Feldman and Zhang 2020, arXiv:2008.03703",
    of="population",
    needs=("train_subsets",),
    reads_label=True,
    measure=measure,
)
