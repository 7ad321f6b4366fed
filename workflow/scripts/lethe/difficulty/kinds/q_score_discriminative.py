"""Q-Score of discriminative features: how far those stand out that are neither rare nor common, negated.

With h of unit length, mean m and deviation s over its coordinates: L = {j: h_j > m + 4 s} are highly activated, A_j
is the share of the examples of the split with j in L, D the features whose A_j lies between the 50th and the 95th
percentile of those that are ever in L, and Q = mean over j in L and D of (h_j - m), 0 where there is none;
difficulty = -Q.

Source: Kalibhat et al. 2024, AAAI 38, doi 10.1609/aaai.v38i12.29201, after a summary of the paper: its own text was not
at hand. Narrow networks seldom have a coordinate 4 deviations above the mean (r coordinates allow at most sqrt(r - 1)),
so that many examples are equal.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from lethe.difficulty.look import Look
from lethe.difficulty.spec import DifficultySpec

_DEVIATIONS = 4.0
_BAND = (0.50, 0.95)


def discriminative_q_scores(features: Float[Tensor, "examples features"]) -> Float[Tensor, " examples"]:
    """Q of every row; which features are discriminative hangs on all rows."""
    h = normalize(features.double(), dim=1)
    mean, deviation = h.mean(dim=1, keepdim=True), h.std(dim=1, correction=0, keepdim=True)
    is_high = h > mean + _DEVIATIONS * deviation
    rates = is_high.double().mean(dim=0)
    ever = rates[rates > 0]
    if not len(ever):
        return h.new_zeros(len(h))
    low, high = torch.quantile(ever, torch.tensor(_BAND, dtype=torch.float64, device=h.device))
    chosen = is_high & (rates >= low) & (rates <= high) & (rates > 0)
    return ((h - mean) * chosen).sum(dim=1) / chosen.sum(dim=1).clamp_min(1)


def measure(look: Look) -> Float[np.ndarray, " examples"]:
    """At most 0."""
    return -discriminative_q_scores(look.features).cpu().numpy()


SPEC = DifficultySpec(
    name="q_score_discriminative",
    title="Q-Score of discriminative features",
    summary="how far features stand out that are neither rare nor common, mean over networks, negated",
    source="Kalibhat et al. 2024, AAAI 38",
    of="network",
    needs=("features",),
    reads_label=False,
    measure=measure,
)
