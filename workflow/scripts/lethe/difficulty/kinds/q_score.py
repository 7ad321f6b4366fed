"""Q-Score of the first version: whether one feature stands out of few, mean over the networks, negated.

With h of unit length, mean m and standard deviation s over its r coordinates: Z = (max_j h_j - m) / s, Q = Z / ||h||_1,
difficulty = -Q. A one-hot h has Q = sqrt(r - 1), a constant one has Q = 0.

Source: Kalibhat et al. 2022, arXiv:2203.01881v1.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from lethe.difficulty.look import Look
from lethe.difficulty.spec import DifficultySpec

_SAME = 1e-7  # deviation of a unit vector below which its coordinates are equal up to rounding


def q_scores(features: Float[Tensor, "examples features"]) -> Float[Tensor, " examples"]:
    """Q of every row."""
    h = normalize(features.double(), dim=1)
    deviation = h.std(dim=1, correction=0)
    z = (h.amax(dim=1) - h.mean(dim=1)) / deviation
    return torch.where(deviation > _SAME, z / h.abs().sum(dim=1), 0.0)


def measure(look: Look) -> Float[np.ndarray, " examples"]:
    """At most 0."""
    return -q_scores(look.features).cpu().numpy()


SPEC = DifficultySpec(
    name="q_score",
    title="Q-Score",
    summary="whether one feature stands out of few, mean over networks, negated",
    source="Kalibhat et al. 2022, arXiv:2203.01881v1",
    of="network",
    needs=("features",),
    reads_label=False,
    measure=measure,
)
