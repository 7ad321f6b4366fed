"""Memorisation: how much more often an example is right if a network was trained on it.

difficulty = mean over the seeds trained on it of [right] - mean over the others of [right]. Seeds are trained on random
parts of the images (`seeds: {share: 0.7}`).

Source: Feldman and Zhang 2020, arXiv:2008.03703, definition of mem, estimated as in section 2.1; differs: as many
networks as the study has seeds, where the paper has thousands.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """In [-1, 1]; NaN for an example on which all seeds were trained, or none."""
    assert evidence.trained_on is not None
    used, right = evidence.trained_on, evidence.is_right
    number = used.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return (right & used).sum(axis=0) / number - (right & ~used).sum(axis=0) / (len(used) - number)


SPEC = DifficultySpec(
    name="memorisation",
    title="memorisation",
    summary="how much more often an example is right if a network was trained on it",
    source="Feldman and Zhang 2020, arXiv:2008.03703",
    of="population",
    needs=("subsets",),
    reads_label=True,
    measure=measure,
)
