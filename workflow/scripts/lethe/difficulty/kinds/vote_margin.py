"""How narrowly the most frequent label of the dense networks wins: no label and no logit is needed.

difficulty = -(n_1 - n_2) / K, where n_1 and n_2 of K networks vote for the two most frequent labels; in [-1, 0].
It is what PIEs hang on most, so every other measure is judged by what it adds.
"""

import numpy as np
from jaxtyping import Float

from lethe.difficulty.evidence import Evidence
from lethe.difficulty.spec import DifficultySpec


def measure(evidence: Evidence) -> Float[np.ndarray, " examples"]:
    """-(n_1 - n_2) / K."""
    votes = (evidence.predictions[:, :, None] == np.arange(evidence.num_classes)).sum(axis=0)
    first, second = np.sort(votes, axis=1)[:, :-3:-1].T if votes.shape[1] > 1 else (votes[:, 0], 0)
    return -(first - second) / evidence.num_seeds


SPEC = DifficultySpec(
    name="vote_margin",
    title="vote margin",
    summary="how narrowly the most frequent label of the dense networks wins",
    source="Hooker et al. 2019, arXiv:1911.05248, vote; the margin is ours",
    of="population",
    needs=("predictions",),
    reads_label=False,
    measure=measure,
)
